// SqlScanner: splits SQL into tokens, as far as the rules of sql.h need it. Pure.
//
// It knows what may hide a parameter or a keyword: 'literals' (PostgreSQL's E'…' and $tag$…$tag$
// too), "identifiers",
// -- and /* comments */. It does not judge grammar; the engine does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ashlar::storage {

enum class Dialect : std::uint8_t;

struct SqlToken {
  enum class Kind : std::uint8_t {
    kBlank,       // white space or a comment
    kWord,        // keyword, name or number
    kQuoted,      // literal or quoted name, quotes included
    kPositional,  // "?12"; a bare "?" too
    kNamed,       // ":tenant"
    kOther,       // one or two characters of punctuation
    kBroken,      // a literal or comment without an end; the rest of the text
  };
  Kind kind;
  std::string_view text;
};

class SqlScanner {
 public:
  SqlScanner(std::string_view sql, Dialect dialect) : sql_(sql), dialect_(dialect) {}

  // nullopt at the end. The tokens, put together, are the text.
  std::optional<SqlToken> next();

 private:
  SqlToken take(SqlToken::Kind kind, std::size_t end);
  SqlToken quoted(char quote, std::size_t open, bool backslash_escapes);
  SqlToken comment();
  SqlToken word();
  std::optional<SqlToken> dollar_quoted();
  [[nodiscard]] char at(std::size_t i) const { return i < sql_.size() ? sql_[i] : '\0'; }

  std::string_view sql_;
  Dialect dialect_;
  std::size_t position_ = 0;
};

}  // namespace ashlar::storage
