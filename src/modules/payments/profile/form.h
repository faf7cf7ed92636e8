// Form: the parameters of a request, taken out of application/x-www-form-urlencoded: a query or a
// body.
//
//   amount=5&metadata[order]=6&expand[0]=a&expand[]=b&created%5Bgte%5D=7
//
// Brackets nest: `a[b][c]=1`. A list's members have numbers ([0], [1] …) or none ([], the next);
// they stand in the order of their numbers. '+' and %XX are undone first, so encoded brackets are
// brackets. What is given twice is refused, never guessed at; so is text beside members (a=1 and
// a[b]=2).
//
// Invariants (form_fuzz.cc)
//  1. All names and values are UTF-8 without NUL; no name is empty; siblings' names differ.
//  2. At most kMaxFormParameters values, kMaxFormDepth names deep, each name of kMaxFormNameBytes.
//  3. canonical() is the same for two forms exactly where they say the same, in whatever order and
//     spelling they were sent.
//
// Errors: kInvalid with a field: parameters_malformed, parameter_twice, too_many_parameters.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ashlar::payments::profile {

inline constexpr std::size_t kMaxFormParameters = 1000;
inline constexpr std::size_t kMaxFormDepth = 6;
inline constexpr std::size_t kMaxFormNameBytes = 128;

struct FormNode {
  std::string name;
  std::optional<std::string> text;  // or
  std::vector<FormNode> members;    // in the order sent, lists in that of their numbers

  [[nodiscard]] const FormNode* find(std::string_view member) const;
};

class Form {
 public:
  static base::Result<Form> parse(std::string_view encoded);
  // Of a request that may have both: DELETE with a query and a body.
  static base::Result<Form> parse(std::string_view query, std::string_view body);

  [[nodiscard]] const FormNode& root() const { return root_; }
  [[nodiscard]] std::string canonical() const;

 private:
  FormNode root_;
  std::size_t parameters_ = 0;

  base::Status take(std::string_view encoded);
  base::Status put(std::string_view name, std::string value);
};

}  // namespace ashlar::payments::profile
