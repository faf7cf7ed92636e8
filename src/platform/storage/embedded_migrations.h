// The schema migrations that were compiled into this program.
//
// The build collects every `migrations/NNNN_name.sql` below src/ (and `NNNN_name.pg.sql`, where
// PostgreSQL must differ) and writes the implementation; nobody adds to a list by hand. A module is
// the folder above `migrations/`; src/platform/storage is the module "platform".
//
// Invariants: 1. sorted by (module, number), each pair once; 2. a module's numbers run from 1
// without a gap (the style check of `make test` proves it); 3. all views last as long as the
// program. Thread-safe: the data never changes.
#pragma once

#include <span>
#include <string_view>

namespace ashlar::storage {

struct EmbeddedMigration {
  std::string_view module;
  int number;
  std::string_view name;    // of the file, without number and extension
  std::string_view sql;     // one or more statements, SQLite's dialect or both
  std::string_view pg_sql;  // empty: same as sql
};

std::span<const EmbeddedMigration> embedded_migrations();

}  // namespace ashlar::storage
