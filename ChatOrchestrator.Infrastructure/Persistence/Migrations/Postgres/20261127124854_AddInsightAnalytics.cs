using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ChatOrchestrator.Infrastructure.Persistence.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class AddInsightAnalytics : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "counted_intent",
                table: "insights",
                type: "character varying(50)",
                maxLength: 50,
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "counted_score",
                table: "insights",
                type: "double precision",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "counted_sentiment",
                table: "insights",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "counted_urgency",
                table: "insights",
                type: "integer",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "analytics_insights",
                columns: table => new
                {
                    bot_id = table.Column<Guid>(type: "uuid", nullable: false),
                    platform = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    hour = table.Column<int>(type: "integer", nullable: false),
                    intent = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    messages = table.Column<long>(type: "bigint", nullable: false),
                    negative = table.Column<long>(type: "bigint", nullable: false),
                    neutral = table.Column<long>(type: "bigint", nullable: false),
                    positive = table.Column<long>(type: "bigint", nullable: false),
                    score = table.Column<long>(type: "bigint", nullable: false),
                    low = table.Column<long>(type: "bigint", nullable: false),
                    normal = table.Column<long>(type: "bigint", nullable: false),
                    high = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_analytics_insights", x => new { x.hour, x.bot_id, x.platform, x.intent });
                });

            migrationBuilder.CreateIndex(
                name: "ix_insights_due",
                table: "insights",
                columns: new[] { "message_at", "message_id" },
                filter: "counted_score IS DISTINCT FROM sentiment_score OR counted_intent IS DISTINCT FROM intent OR counted_urgency IS DISTINCT FROM urgency");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "analytics_insights");

            migrationBuilder.DropIndex(
                name: "ix_insights_due",
                table: "insights");

            migrationBuilder.DropColumn(
                name: "counted_intent",
                table: "insights");

            migrationBuilder.DropColumn(
                name: "counted_score",
                table: "insights");

            migrationBuilder.DropColumn(
                name: "counted_sentiment",
                table: "insights");

            migrationBuilder.DropColumn(
                name: "counted_urgency",
                table: "insights");
        }
    }
}
