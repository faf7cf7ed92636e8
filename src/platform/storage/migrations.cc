#include "platform/storage/migrations.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "base/clock.h"
#include "base/encoding.h"
#include "platform/storage/database.h"
#include "platform/storage/schema_connection.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::storage {
namespace {

constexpr std::string_view kFirstModule = "platform";

std::string_view script_of(const EmbeddedMigration& migration, Dialect dialect) {
  return dialect == Dialect::kPostgres && !migration.pg_sql.empty() ? migration.pg_sql
                                                                    : migration.sql;
}

std::string checksum(std::string_view script) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(script.data()), script.size(), digest.data());
  return base::hex_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string name_of(std::string_view module, int number, std::string_view name) {
  return std::string(module) + "/" + std::to_string(number) + " (" + std::string(name) + ")";
}

std::vector<const EmbeddedMigration*> in_order(std::span<const EmbeddedMigration> known) {
  std::vector<const EmbeddedMigration*> order;
  order.reserve(known.size());
  for (const EmbeddedMigration& migration : known) order.push_back(&migration);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::tuple(a->module != kFirstModule, a->module, a->number) <
           std::tuple(b->module != kFirstModule, b->module, b->number);
  });
  return order;
}

base::Status check_applied(const AppliedMigration& done, std::span<const EmbeddedMigration> known,
                           Dialect dialect) {
  const auto same = [&](const EmbeddedMigration& m) {
    return m.module == done.module && m.number == done.number;
  };
  const auto found = std::find_if(known.begin(), known.end(), same);
  const std::string name = name_of(done.module, done.number, done.name);
  if (found == known.end()) {
    return base::fail(base::Code::kPreconditionFailed, "storage_schema_newer",
                      "the database has migration " + name +
                          ", which this program does not know: it was written by a newer version");
  }
  if (checksum(script_of(*found, dialect)) == done.checksum) return base::ok_status();
  return base::fail(base::Code::kPreconditionFailed, "storage_schema_changed",
                    "migration " + name + " is not the one that this database was made with");
}

base::Result<std::vector<const EmbeddedMigration*>> pending(
    const std::vector<AppliedMigration>& applied, std::span<const EmbeddedMigration> known,
    Dialect dialect) {
  for (const AppliedMigration& done : applied) ASHLAR_TRY(check_applied(done, known, dialect));
  std::vector<const EmbeddedMigration*> missing;
  for (const EmbeddedMigration* migration : in_order(known)) {
    const auto has = [&](int number) {
      return std::any_of(applied.begin(), applied.end(), [&](const AppliedMigration& done) {
        return done.module == migration->module && done.number == number;
      });
    };
    if (has(migration->number)) continue;
    const bool later_one =
        std::any_of(applied.begin(), applied.end(), [&](const AppliedMigration& done) {
          return done.module == migration->module && done.number > migration->number;
        });
    if (later_one) {
      return base::fail(base::Code::kPreconditionFailed, "storage_schema_changed",
                        "the database lacks migration " +
                            name_of(migration->module, migration->number, migration->name) +
                            " but has a later one");
    }
    missing.push_back(migration);
  }
  return missing;
}

// In the open transaction. How many are left after this one, and this one; zero: nothing was to do.
base::Result<std::size_t> apply_next(SchemaConnection& connection,
                                     std::span<const EmbeddedMigration> known,
                                     const base::Clock& clock) {
  ASHLAR_TRY(connection.prepare());
  ASHLAR_ASSIGN(const std::vector<AppliedMigration> applied, connection.applied());
  ASHLAR_ASSIGN(const auto missing, pending(applied, known, connection.dialect()));
  if (missing.empty()) return std::size_t{0};
  const EmbeddedMigration& next = *missing.front();
  const std::string script(script_of(next, connection.dialect()));
  base::Status done = check_script(script, connection.dialect());
  if (done.ok()) done = connection.run_script(script);
  if (done.ok()) done = connection.check();
  if (!done.ok()) {
    return base::fail(
        base::Code::kInternal, "storage_migration_failed",
        "migration " + name_of(next.module, next.number, next.name) + ": " + done.error().detail);
  }
  ASHLAR_TRY(connection.record({.module = std::string(next.module),
                                .number = next.number,
                                .name = std::string(next.name),
                                .checksum = checksum(script),
                                .applied_at = base::to_micros(clock.now())}));
  return missing.size();
}

}  // namespace

base::Result<std::vector<PendingMigration>> plan_migrations(
    SchemaConnection& connection, std::span<const EmbeddedMigration> known) {
  ASHLAR_ASSIGN(const std::vector<AppliedMigration> applied, connection.applied());
  ASHLAR_ASSIGN(const auto missing, pending(applied, known, connection.dialect()));
  std::vector<PendingMigration> plan;
  plan.reserve(missing.size());
  for (const EmbeddedMigration* m : missing) {
    plan.push_back(
        {.module = std::string(m->module), .number = m->number, .name = std::string(m->name)});
  }
  return plan;
}

base::Result<std::size_t> apply_migrations(SchemaConnection& connection,
                                           std::span<const EmbeddedMigration> known,
                                           const base::Clock& clock) {
  std::size_t applied = 0;
  // Once more than there are migrations: the last round finds nothing to do.
  for (std::size_t round = 0; round <= known.size(); ++round) {
    ASHLAR_TRY(connection.begin());
    base::Result<std::size_t> left = apply_next(connection, known, clock);
    if (!left.ok()) {
      const base::Status undone = connection.roll_back();
      if (!undone.ok())
        left = base::fail(left.error().code, left.error().reason,
                          left.error().detail + "; and rolling back: " + undone.error().detail);
      return left;
    }
    ASHLAR_TRY(connection.commit());
    if (*left == 0) return applied;
    ++applied;
    if (*left == 1) return applied;
  }
  return applied;
}

}  // namespace ashlar::storage
