using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ChatOrchestrator.Infrastructure.Persistence.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class AddContent : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "content",
                table: "messages",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "deleted_at",
                table: "messages",
                type: "timestamp with time zone",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "content",
                table: "messages");

            migrationBuilder.DropColumn(
                name: "deleted_at",
                table: "messages");
        }
    }
}
