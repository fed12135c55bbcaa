using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace ChatOrchestrator.Infrastructure.Persistence.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class AddNotifications : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "analytics_actives",
                columns: table => new
                {
                    kind = table.Column<short>(type: "smallint", nullable: false),
                    grain = table.Column<short>(type: "smallint", nullable: false),
                    slot = table.Column<int>(type: "integer", nullable: false),
                    bot_id = table.Column<Guid>(type: "uuid", nullable: false),
                    platform = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    subject = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_analytics_actives", x => new { x.kind, x.grain, x.slot, x.bot_id, x.platform, x.subject });
                });

            migrationBuilder.CreateTable(
                name: "analytics_answer_times",
                columns: table => new
                {
                    bot_id = table.Column<Guid>(type: "uuid", nullable: false),
                    platform = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    hour = table.Column<int>(type: "integer", nullable: false),
                    bucket = table.Column<int>(type: "integer", nullable: false),
                    answers = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_analytics_answer_times", x => new { x.hour, x.bot_id, x.platform, x.bucket });
                });

            migrationBuilder.CreateTable(
                name: "analytics_hours",
                columns: table => new
                {
                    bot_id = table.Column<Guid>(type: "uuid", nullable: false),
                    platform = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    hour = table.Column<int>(type: "integer", nullable: false),
                    inbound = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    by_bot = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    by_agents = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    answered = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    failed = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    answer_ms = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    handoffs = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    input_tokens = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    output_tokens = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    cost_nanos = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    priced = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_analytics_hours", x => new { x.hour, x.bot_id, x.platform });
                });

            migrationBuilder.CreateTable(
                name: "analytics_progress",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false),
                    through = table.Column<long>(type: "bigint", nullable: false),
                    barrier = table.Column<long>(type: "bigint", nullable: false),
                    barrier_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    complete_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_analytics_progress", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "notification_rules",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    bot_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    channel = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    event_list = table.Column<string>(type: "text", nullable: false),
                    quiet_seconds = table.Column<int>(type: "integer", nullable: false),
                    settings = table.Column<string>(type: "jsonb", nullable: false),
                    protected_secrets = table.Column<string>(type: "text", nullable: false),
                    disabled_reason = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true),
                    failures = table.Column<int>(type: "integer", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_notification_rules", x => x.id);
                    table.ForeignKey(
                        name: "fk_notification_rules_bots_bot_id",
                        column: x => x.bot_id,
                        principalTable: "bots",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "notifications",
                columns: table => new
                {
                    rule_id = table.Column<Guid>(type: "uuid", nullable: false),
                    event_id = table.Column<Guid>(type: "uuid", nullable: false),
                    bot_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    payload = table.Column<string>(type: "text", nullable: false),
                    once_key = table.Column<string>(type: "text", nullable: true),
                    state = table.Column<int>(type: "integer", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    lease_token = table.Column<long>(type: "bigint", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    settled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    error = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_notifications", x => new { x.rule_id, x.event_id });
                    table.ForeignKey(
                        name: "fk_notifications_notification_rules_rule_id",
                        column: x => x.rule_id,
                        principalTable: "notification_rules",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "notification_attempts",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    rule_id = table.Column<Guid>(type: "uuid", nullable: false),
                    event_id = table.Column<Guid>(type: "uuid", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    duration_ms = table.Column<int>(type: "integer", nullable: false),
                    status = table.Column<int>(type: "integer", nullable: true),
                    error = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_notification_attempts", x => x.id);
                    table.ForeignKey(
                        name: "fk_notification_attempts_notifications_rule_id_event_id",
                        columns: x => new { x.rule_id, x.event_id },
                        principalTable: "notifications",
                        principalColumns: new[] { "rule_id", "event_id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_notification_attempts_rule_id_event_id",
                table: "notification_attempts",
                columns: new[] { "rule_id", "event_id" });

            migrationBuilder.CreateIndex(
                name: "ix_notification_rules_bot_id_id",
                table: "notification_rules",
                columns: new[] { "bot_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_notifications_due_at",
                table: "notifications",
                column: "due_at",
                filter: "due_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_notifications_rule_id_kind_created_at",
                table: "notifications",
                columns: new[] { "rule_id", "kind", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_notifications_rule_id_once_key",
                table: "notifications",
                columns: new[] { "rule_id", "once_key" },
                unique: true,
                filter: "once_key IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_notifications_settled_at",
                table: "notifications",
                column: "settled_at",
                filter: "settled_at IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "analytics_actives");

            migrationBuilder.DropTable(
                name: "analytics_answer_times");

            migrationBuilder.DropTable(
                name: "analytics_hours");

            migrationBuilder.DropTable(
                name: "analytics_progress");

            migrationBuilder.DropTable(
                name: "notification_attempts");

            migrationBuilder.DropTable(
                name: "notifications");

            migrationBuilder.DropTable(
                name: "notification_rules");
        }
    }
}
