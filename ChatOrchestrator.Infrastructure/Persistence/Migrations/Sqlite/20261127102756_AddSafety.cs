using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ChatOrchestrator.Infrastructure.Persistence.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class AddSafety : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "insights",
                columns: table => new
                {
                    message_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    sequence = table.Column<long>(type: "INTEGER", nullable: false),
                    conversation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    bot_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    message_at = table.Column<long>(type: "INTEGER", nullable: false),
                    sentiment = table.Column<int>(type: "INTEGER", nullable: false),
                    sentiment_score = table.Column<double>(type: "REAL", nullable: false),
                    intent = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    language = table.Column<string>(type: "TEXT", maxLength: 2, nullable: true),
                    urgency = table.Column<int>(type: "INTEGER", nullable: false),
                    source = table.Column<int>(type: "INTEGER", nullable: false),
                    failure = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    model = table.Column<string>(type: "TEXT", nullable: true),
                    input_tokens = table.Column<int>(type: "INTEGER", nullable: true),
                    output_tokens = table.Column<int>(type: "INTEGER", nullable: true),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_insights", x => x.message_id);
                });

            migrationBuilder.CreateTable(
                name: "moderations",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    conversation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    bot_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    message_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    direction = table.Column<int>(type: "INTEGER", nullable: false),
                    action = table.Column<int>(type: "INTEGER", nullable: false),
                    reason = table.Column<string>(type: "TEXT", maxLength: 50, nullable: false),
                    categories = table.Column<string>(type: "TEXT", nullable: false),
                    text = table.Column<string>(type: "TEXT", nullable: true),
                    state = table.Column<int>(type: "INTEGER", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    reviewed_at = table.Column<long>(type: "INTEGER", nullable: true),
                    reviewed_by = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_moderations", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "summaries",
                columns: table => new
                {
                    conversation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    text = table.Column<string>(type: "TEXT", nullable: false),
                    through_sequence = table.Column<long>(type: "INTEGER", nullable: false),
                    through_at = table.Column<long>(type: "INTEGER", nullable: true),
                    due_at = table.Column<long>(type: "INTEGER", nullable: true),
                    lease_token = table.Column<long>(type: "INTEGER", nullable: false),
                    failures = table.Column<int>(type: "INTEGER", nullable: false),
                    last_failure = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_summaries", x => x.conversation_id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_insights_bot_id_message_at",
                table: "insights",
                columns: new[] { "bot_id", "message_at" });

            migrationBuilder.CreateIndex(
                name: "ix_insights_conversation_id_sequence",
                table: "insights",
                columns: new[] { "conversation_id", "sequence" });

            migrationBuilder.CreateIndex(
                name: "ix_moderations_bot_id_id",
                table: "moderations",
                columns: new[] { "bot_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_moderations_conversation_id_id",
                table: "moderations",
                columns: new[] { "conversation_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_moderations_message_id",
                table: "moderations",
                column: "message_id");

            migrationBuilder.CreateIndex(
                name: "ix_moderations_open",
                table: "moderations",
                column: "id",
                filter: "state = 0");

            migrationBuilder.CreateIndex(
                name: "ix_summaries_due_at",
                table: "summaries",
                column: "due_at",
                filter: "due_at IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "insights");

            migrationBuilder.DropTable(
                name: "moderations");

            migrationBuilder.DropTable(
                name: "summaries");
        }
    }
}
