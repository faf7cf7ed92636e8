// Migrations: bring the schema of a database to what this program was built for.
//
//  1. A migration is one transaction, its record included: it is wholly there or not at all.
//  2. The module "platform" comes first, then the others by name; within a module by number.
//  3. Two programs that start at once do each migration once: one waits for the other.
//  4. Refused, before anything is changed: a database that has a migration this program does not
//  know (it was written
//     by a newer one), one whose script is not what it was (checksum), a hole in the numbers.
//
// Errors: kPreconditionFailed storage_schema_newer, storage_schema_changed; kInternal
// storage_migration_failed; and storage's own. The detail is one line for the person who starts the
// program.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "platform/storage/embedded_migrations.h"

namespace ashlar::base {
class Clock;
}

namespace ashlar::storage {

class SchemaConnection;

struct PendingMigration {
  std::string module;
  int number = 0;
  std::string name;
};

// What apply_migrations would do; changes nothing.
base::Result<std::vector<PendingMigration>> plan_migrations(
    SchemaConnection& connection, std::span<const EmbeddedMigration> known);

// How many were done.
base::Result<std::size_t> apply_migrations(SchemaConnection& connection,
                                           std::span<const EmbeddedMigration> known,
                                           const base::Clock& clock);

}  // namespace ashlar::storage
