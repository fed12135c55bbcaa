using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ChatOrchestrator.Infrastructure.Persistence.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class AddBudgets : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "cost_nanos",
                table: "turns",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "budget_days",
                columns: table => new
                {
                    owner_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    day = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    bot_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    spent_nanos = table.Column<long>(type: "INTEGER", nullable: false),
                    spent_tokens = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_budget_days", x => new { x.owner_id, x.day });
                });

            migrationBuilder.CreateTable(
                name: "budget_reservations",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    bot_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    participant_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    conversation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    day = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    nanos = table.Column<long>(type: "INTEGER", nullable: false),
                    tokens = table.Column<long>(type: "INTEGER", nullable: false),
                    expires_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_budget_reservations", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_budget_days_bot_id_day",
                table: "budget_days",
                columns: new[] { "bot_id", "day" });

            migrationBuilder.CreateIndex(
                name: "ix_budget_reservations_bot_id",
                table: "budget_reservations",
                column: "bot_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "budget_days");

            migrationBuilder.DropTable(
                name: "budget_reservations");

            migrationBuilder.DropColumn(
                name: "cost_nanos",
                table: "turns");
        }
    }
}
