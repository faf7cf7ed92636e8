#include "platform/storage/sql_scanner.h"

#include "platform/storage/database.h"

namespace ashlar::storage {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool continues_word(char c) { return starts_word(c) || is_digit(c) || c == '$'; }

}  // namespace

SqlToken SqlScanner::take(SqlToken::Kind kind, std::size_t end) {
  SqlToken token{kind, sql_.substr(position_, end - position_)};
  position_ = end;
  return token;
}

SqlToken SqlScanner::quoted(char quote, std::size_t open, bool backslash_escapes) {
  for (std::size_t i = open + 1; i < sql_.size(); ++i) {
    if (backslash_escapes && sql_[i] == '\\') {
      ++i;
    } else if (sql_[i] == quote) {
      if (at(i + 1) != quote) return take(SqlToken::Kind::kQuoted, i + 1);
      ++i;
    }
  }
  return take(SqlToken::Kind::kBroken, sql_.size());
}

SqlToken SqlScanner::comment() {
  if (sql_[position_] == '-') {
    const std::size_t end = sql_.find('\n', position_);
    return take(SqlToken::Kind::kBlank, end == std::string_view::npos ? sql_.size() : end);
  }
  const std::size_t end = sql_.find("*/", position_ + 2);
  // PostgreSQL nests comments and SQLite does not: what the two read differently is refused.
  const std::size_t inner = sql_.find("/*", position_ + 2);
  if (end == std::string_view::npos || inner < end)
    return take(SqlToken::Kind::kBroken, sql_.size());
  return take(SqlToken::Kind::kBlank, end + 2);
}

SqlToken SqlScanner::word() {
  std::size_t end = position_ + 1;
  while (end < sql_.size() && continues_word(sql_[end])) ++end;
  return take(SqlToken::Kind::kWord, end);
}

std::optional<SqlToken> SqlScanner::dollar_quoted() {
  std::size_t end = position_ + 1;
  if (is_digit(at(end))) return std::nullopt;
  while (end < sql_.size() && continues_word(sql_[end]) && sql_[end] != '$') ++end;
  if (at(end) != '$') return std::nullopt;
  const std::string_view tag = sql_.substr(position_, end + 1 - position_);
  const std::size_t close = sql_.find(tag, end + 1);
  if (close == std::string_view::npos) return take(SqlToken::Kind::kBroken, sql_.size());
  return take(SqlToken::Kind::kQuoted, close + tag.size());
}

std::optional<SqlToken> SqlScanner::next() {
  if (position_ >= sql_.size()) return std::nullopt;
  const char c = sql_[position_];
  const char following = at(position_ + 1);
  if (is_space(c)) {
    std::size_t end = position_ + 1;
    while (end < sql_.size() && is_space(sql_[end])) ++end;
    return take(SqlToken::Kind::kBlank, end);
  }
  if ((c == '-' && following == '-') || (c == '/' && following == '*')) return comment();
  if (c == '\'') return quoted('\'', position_, false);
  if (c == '"' || (c == '`' && dialect_ == Dialect::kSqlite)) return quoted(c, position_, false);
  if (dialect_ == Dialect::kPostgres) {
    if ((c == 'E' || c == 'e') && following == '\'') return quoted('\'', position_ + 1, true);
    if (c == '$') {
      if (auto token = dollar_quoted()) return token;
    }
  }
  if (starts_word(c) || is_digit(c)) return word();
  if (c == '?') {
    std::size_t end = position_ + 1;
    while (is_digit(at(end))) ++end;
    return take(SqlToken::Kind::kPositional, end);
  }
  if (c == ':' && (following == ':' || following == '='))
    return take(SqlToken::Kind::kOther, position_ + 2);
  if (c == ':' && starts_word(following)) {
    std::size_t end = position_ + 2;
    while (continues_word(at(end))) ++end;
    return take(SqlToken::Kind::kNamed, end);
  }
  return take(SqlToken::Kind::kOther, position_ + 1);
}

}  // namespace ashlar::storage
