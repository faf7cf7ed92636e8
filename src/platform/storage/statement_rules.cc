#include "platform/storage/statement_rules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <variant>

#include "base/check.h"
#include "base/text.h"
#include "platform/storage/context.h"
#include "platform/storage/database.h"
#include "platform/storage/sql_scanner.h"

namespace ashlar::storage {
namespace {

constexpr int kMaxParameters = 99;
constexpr std::array<std::string_view, 8> kStatements{"select", "insert",  "update", "delete",
                                                      "with",   "replace", "values", "explain"};

base::Error broken(std::string detail) {
  return base::fail(base::Code::kInternal, "storage_error", std::move(detail));
}

// Looks at the words of a statement one after the other for what group commit does not survive.
class GroupCommitCheck {
 public:
  base::Status see(const SqlToken& token) {
    if (token.kind == SqlToken::Kind::kBlank) return base::ok_status();
    const std::string word = base::ascii_lower(token.text);
    const bool ends = word == "rollback" || (word == "commit" && last_ != "on");
    const bool defers = (word == "deferrable" && last_ != "not") || word == "defer_foreign_keys";
    last_ = word;
    if (ends)
      return broken(
          "COMMIT and ROLLBACK, as conflict clauses too, would end the transactions of others");
    if (defers) return broken("a deferred constraint would fail the commit of others");
    return base::ok_status();
  }

 private:
  std::string last_;
};

class Translation {
 public:
  explicit Translation(Dialect dialect) : dialect_(dialect) {}

  base::Status see(const SqlToken& token) {
    if (token.kind == SqlToken::Kind::kPositional) return positional(token.text);
    if (token.kind == SqlToken::Kind::kNamed) return named(token.text);
    if (token.kind == SqlToken::Kind::kBroken) return broken("a literal or comment without an end");
    if (token.text == "$" || token.text == "@")
      return broken("parameters are written ?1, ?2, … and :tenant");
    if (token.text == ";") return broken("one statement, without a semicolon");
    pieces_ += token.text;
    return base::ok_status();
  }

  // `:tenant` gets its number last, when the number of the others is known.
  base::Result<EngineText> finish() {
    EngineText out;
    out.parameters = highest_;
    out.mentions_tenant = tenant_;
    for (int n = 1; n <= highest_; ++n) {
      if (!used_[static_cast<std::size_t>(n)])
        return broken("parameter ?" + std::to_string(n) + " is missing");
    }
    const std::string tenant = sign() + std::to_string(highest_ + 1);
    for (char c : pieces_) {
      if (c == kTenantMark)
        out.text += tenant;
      else
        out.text += c;
    }
    return out;
  }

 private:
  static constexpr char kTenantMark = '\0';  // cannot be in a statement: see() is given no NUL

  [[nodiscard]] std::string sign() const { return dialect_ == Dialect::kSqlite ? "?" : "$"; }

  base::Status positional(std::string_view text) {
    int number = 0;
    const auto parsed = std::from_chars(text.data() + 1, text.data() + text.size(), number);
    if (parsed.ec != std::errc() || number < 1 || number > kMaxParameters) {
      return broken("parameters are numbered from ?1 to ?" + std::to_string(kMaxParameters));
    }
    used_[static_cast<std::size_t>(number)] = true;
    highest_ = std::max(highest_, number);
    pieces_ += sign() + std::to_string(number);
    return base::ok_status();
  }

  base::Status named(std::string_view text) {
    if (text != ":tenant")
      return broken("the only named parameter is :tenant, not " + std::string(text));
    tenant_ = true;
    pieces_ += kTenantMark;
    return base::ok_status();
  }

  Dialect dialect_;
  std::string pieces_;
  std::array<bool, kMaxParameters + 1> used_{};
  int highest_ = 0;
  bool tenant_ = false;
};

}  // namespace

base::Result<EngineText> engine_text(const Sql& sql, Dialect dialect) {
  const bool use_pg = dialect == Dialect::kPostgres && !sql.pg.empty();
  const std::string_view source = use_pg ? sql.pg : sql.text;
  if (source.find('\0') != std::string_view::npos) return broken("a NUL byte in a statement");
  SqlScanner scanner(source, dialect);
  Translation translation(dialect);
  GroupCommitCheck group;
  bool first_word = true;
  while (const auto token = scanner.next()) {
    if (first_word && token->kind != SqlToken::Kind::kBlank) {
      const std::string word = base::ascii_lower(token->text);
      if (std::find(kStatements.begin(), kStatements.end(), word) == kStatements.end()) {
        return broken(
            "a statement begins with SELECT, INSERT, UPDATE, DELETE, WITH, REPLACE, VALUES or "
            "EXPLAIN");
      }
      first_word = false;
    }
    ASHLAR_TRY(group.see(*token));
    ASHLAR_TRY(translation.see(*token));
  }
  if (first_word) return broken("an empty statement");
  ASHLAR_ASSIGN(EngineText out, translation.finish());
  if (sql.audience == Audience::kTenant && !out.mentions_tenant) {
    return broken("a tenant's statement must mention :tenant");
  }
  if (sql.audience == Audience::kPlatform && out.mentions_tenant) {
    return broken("a platform statement may not mention :tenant");
  }
  return out;
}

base::Status check_script(std::string_view script, Dialect dialect) {
  SqlScanner scanner(script, dialect);
  GroupCommitCheck group;
  while (const auto token = scanner.next()) {
    if (token->kind == SqlToken::Kind::kBroken)
      return broken("a literal or comment without an end");
    ASHLAR_TRY(group.see(*token));
  }
  return base::ok_status();
}

base::Status check_parameters(std::initializer_list<Param> params) {
  std::size_t bytes = 0;
  for (const Param& param : params) {
    if (const auto* blob = std::get_if<Blob>(&param)) bytes += blob->bytes.size();
    const auto* text = std::get_if<std::string_view>(&param);
    if (text == nullptr) continue;
    bytes += text->size();
    if (text->find('\0') != std::string_view::npos) {
      return base::fail(base::Code::kInvalid, "storage_text", "a text holds a NUL byte");
    }
    if (!base::is_utf8(*text)) {
      return base::fail(base::Code::kInvalid, "storage_text", "a text is not valid UTF-8");
    }
  }
  if (bytes > kMaxParameterBytes) {
    return base::fail(base::Code::kInvalid, "storage_too_large",
                      "more than 64 MiB in one statement");
  }
  return base::ok_status();
}

void statement_misuse(const Sql& sql, std::string_view why) {
  const std::string breach =
      std::string(why) + " (platform/storage/sql.h): " + std::string(sql.text);
  base::check_failed(breach.c_str(), __FILE__, __LINE__);
}

void check_audience(const Sql& sql, const Context& context) {
  if (context.is_tenant() == (sql.audience == Audience::kTenant)) return;
  statement_misuse(sql, context.is_tenant() ? "a platform statement in a tenant's context"
                                            : "a tenant's statement in a platform context");
}

}  // namespace ashlar::storage
