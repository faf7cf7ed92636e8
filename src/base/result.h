// Result<T>: a value or an Error; the only way in which Ashlar reports what may go wrong.
//
// Error{code, reason, detail}:
//   code    one of a few kinds; decides how the caller reacts. HTTP statuses are chosen from it
//           in one file only (platform/http/problem.cc).
//   reason  a stable snake_case string for API clients ("code_taken"). Part of the public API:
//           never renamed. Must have static storage duration (a literal).
//   detail  a sentence for the person who must act. May change; never holds secrets.
//   fields  for kInvalid: each wrong field with its own reason, so that a client can mend all at
//           once.
//
// Results are [[nodiscard]]: an error is handled, returned (ASHLAR_TRY) or never made.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"

namespace ashlar::base {

enum class Code : unsigned char {
  kInvalid,             // the input is wrong; the same input will fail again
  kUnauthenticated,     // who is calling is not known
  kForbidden,           // known, and not allowed
  kNotFound,            // no such thing, or not the caller's
  kGone,                // it was here and will not be again
  kConflict,            // clashes with what is stored; look, then decide
  kPreconditionFailed,  // If-Match and the like
  kTooMany,             // over a quota; retry later
  kUnavailable,         // overload or a dependency is down; retry later
  kDeadline,            // no answer in time; the effect may have happened
  kInternal,            // our fault
};

struct FieldError {
  std::string field;   // JSON pointer of the field ("/url"), or "?limit" for a query parameter
  const char* reason;  // stable, snake_case
  std::string detail;
};

struct Error {
  Code code = Code::kInternal;
  const char* reason = "internal";
  std::string detail;
  std::vector<FieldError> fields;
};

// The common case, written short: `return fail(Code::kConflict, "code_taken", "…");`
inline Error fail(Code code, const char* reason, std::string detail) {
  return Error{code, reason, std::move(detail), {}};
}

template <class T>
class [[nodiscard]] Result {
 public:
  using Value = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(*-explicit-*)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(*-explicit-*)

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok()
  T& value() & {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES: !ok()
  [[nodiscard]] const Error& error() const& {
    CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] Error&& error() && {
    CHECK(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using Value = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(*-explicit-*)

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  void value() const { CHECK(ok()); }

  // REQUIRES: !ok()
  [[nodiscard]] const Error& error() const& {
    CHECK(!ok());
    return *error_;
  }
  [[nodiscard]] Error&& error() && {
    CHECK(!ok());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;
inline Status ok_status() { return {}; }

}  // namespace ashlar::base

#define ASHLAR_CONCAT_INNER(a, b) a##b
#define ASHLAR_CONCAT(a, b) ASHLAR_CONCAT_INNER(a, b)

// `ASHLAR_TRY(expression);` returns the error of a Result from the enclosing function.
#define ASHLAR_TRY(expression) ASHLAR_TRY_INNER(ASHLAR_CONCAT(ashlar_try_, __LINE__), expression)
#define ASHLAR_TRY_INNER(name, expression)            \
  do {                                                \
    auto name = (expression);                         \
    if (!(name).ok()) return std::move(name).error(); \
  } while (false)

// `ASHLAR_ASSIGN(auto link, store.find(code));` the same, and keeps the value.
#define ASHLAR_ASSIGN(declaration, expression) \
  ASHLAR_ASSIGN_INNER(ASHLAR_CONCAT(ashlar_assign_, __LINE__), declaration, expression)
#define ASHLAR_ASSIGN_INNER(name, declaration, expression) \
  auto name = (expression);                                \
  if (!(name).ok()) return std::move(name).error();        \
  declaration = std::move(name).value()
