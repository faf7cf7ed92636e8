// Params: a request's form, read field by field, and then asked what was left unread.
//
//   Params params(form);
//   NewPayment wanted;
//   wanted.amount = params.need_integer("amount", 1, kMaxMoney);
//   wanted.description = params.text("description").value_or("");
//   ASHLAR_TRY(params.finish());      // the first fault, or a parameter that nobody has read
//
// The first fault counts, later reads go on with what is harmless. Faults are kInvalid, their
// reason the profile's error code (profile_error.h), their field the parameter: "/created/gte".
// One request, one thread; views into the form.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/payments/payment.h"
#include "modules/payments/profile/form.h"

namespace ashlar::payments::profile {

class Params {
 public:
  explicit Params(const FormNode& root) : root_(root) {}

  // nullopt: not sent. Empty: unset it.
  std::optional<std::string> text(std::string_view name);
  std::string need_text(std::string_view name);  // sent, and not empty
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most);
  std::int64_t need_integer(std::string_view name, std::int64_t least, std::int64_t most);
  std::optional<bool> boolean(std::string_view name);
  // One of `known`.
  std::optional<std::string> choice(std::string_view name,
                                    std::initializer_list<std::string_view> known);
  std::vector<std::string> list(std::string_view name);
  // "metadata": an empty text unsets all, which is a pair of two empty texts here.
  std::optional<Pairs> pairs(std::string_view name);
  const FormNode* object(std::string_view name);
  const FormNode* object_or_text(std::string_view name) { return take(name); }

  // Known, and of no effect here.
  void ignore(std::initializer_list<std::string_view> names);
  void fail(const char* code, std::string_view name, std::string message);
  [[nodiscard]] base::Status finish();

 private:
  const FormNode* take(std::string_view name);
  const FormNode* take_text(std::string_view name);

  const FormNode& root_;
  std::set<std::string, std::less<>> read_;
  std::optional<base::Error> fault_;
};

// Of a fault of `name`.
base::Error parameter_error(const char* code, std::string_view name, std::string message);

}  // namespace ashlar::payments::profile
