// What both engines demand of a statement and of its parameters, in one place so that they behave
// alike. Pure.
//
// Group commit (sqlite_writer.h) runs many transactions inside one. Two things in SQL would let one
// of them harm the others, so they are refused: a deferred constraint (the violation would pass its
// own savepoint and fail everybody's COMMIT) and a conflict clause ROLLBACK (it ends the outer
// transaction).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/storage/sql.h"

namespace ashlar::storage {

class Context;
enum class Dialect : std::uint8_t;

// A statement as the engine gets it: ?N stays on SQLite and is $N on PostgreSQL; `:tenant` has
// become the parameter after the last positional one. (SQLite itself would number `:tenant` by
// where it stands, and clash with ?1.)
struct EngineText {
  std::string text;
  int parameters = 0;  // positional ones
  bool mentions_tenant = false;
};

// Errors (kInternal, storage_error, the detail says what to mend): a parameter other than ?1… and
// :tenant, a gap in the numbers, a statement that is not
// SELECT/INSERT/UPDATE/DELETE/WITH/REPLACE/VALUES/EXPLAIN, something that breaks group commit, an
// audience that does not fit, an unclosed literal.
base::Result<EngineText> engine_text(const Sql& sql, Dialect dialect);

// The same about group commit, for a migration's script.
base::Status check_script(std::string_view script, Dialect dialect);

// kInvalid: storage_text (NUL bytes or bad UTF-8, which the engines treat differently),
// storage_too_large (more than kMaxParameterBytes in one call).
base::Status check_parameters(std::initializer_list<Param> params);
inline constexpr std::size_t kMaxParameterBytes = 64 << 20;

// A breach of sql.h by the program itself: names the statement on standard error and aborts.
[[noreturn]] void statement_misuse(const Sql& sql, std::string_view why);
// Aborts when a statement of one audience runs in a context of the other.
void check_audience(const Sql& sql, const Context& context);

}  // namespace ashlar::storage
