#include "modules/payments/profile/params.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace ashlar::payments::profile {
namespace {

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

base::Error parameter_error(const char* code, std::string_view name, std::string message) {
  base::Error error{base::Code::kInvalid, code, std::move(message), {}};
  error.fields.push_back({"/" + std::string(name), code, error.detail});
  return error;
}

void Params::fail(const char* code, std::string_view name, std::string message) {
  if (!fault_) fault_ = parameter_error(code, name, std::move(message));
}

const FormNode* Params::take(std::string_view name) {
  read_.emplace(name);
  return root_.find(name);
}

const FormNode* Params::take_text(std::string_view name) {
  const FormNode* node = take(name);
  if (node == nullptr || node->text) return node;
  fail("parameter_invalid", name, "Invalid " + std::string(name) + ": it must be a string.");
  return nullptr;
}

std::optional<std::string> Params::text(std::string_view name) {
  const FormNode* node = take_text(name);
  return node == nullptr ? std::nullopt : node->text;
}

std::string Params::need_text(std::string_view name) {
  const FormNode* node = take_text(name);
  if (node == nullptr) {
    fail("parameter_missing", name, "Missing required param: " + std::string(name) + ".");
    return {};
  }
  if (node->text->empty()) {
    fail("parameter_invalid_empty", name,
         "You passed an empty string for '" + std::string(name) + "'.");
  }
  return *node->text;
}

std::optional<std::int64_t> Params::integer(std::string_view name, std::int64_t least,
                                            std::int64_t most) {
  const FormNode* node = take_text(name);
  if (node == nullptr) return std::nullopt;
  const std::optional<std::int64_t> number = number_of(*node->text);
  if (!number) {
    fail("parameter_invalid_integer", name, "Invalid integer: " + *node->text);
    return least;
  }
  if (*number < least || *number > most) {
    fail("parameter_invalid_integer", name,
         "Invalid " + std::string(name) + ": it must be from " + std::to_string(least) + " to " +
             std::to_string(most) + ".");
    return least;
  }
  return number;
}

std::int64_t Params::need_integer(std::string_view name, std::int64_t least, std::int64_t most) {
  const std::optional<std::int64_t> number = integer(name, least, most);
  if (!number)
    fail("parameter_missing", name, "Missing required param: " + std::string(name) + ".");
  return number.value_or(least);
}

std::optional<bool> Params::boolean(std::string_view name) {
  const FormNode* node = take_text(name);
  if (node == nullptr) return std::nullopt;
  if (*node->text == "true") return true;
  if (*node->text == "false") return false;
  fail("parameter_invalid", name, "Invalid boolean: " + *node->text);
  return false;
}

std::optional<std::string> Params::choice(std::string_view name,
                                          std::initializer_list<std::string_view> known) {
  const FormNode* node = take_text(name);
  if (node == nullptr) return std::nullopt;
  if (std::ranges::find(known, *node->text) != known.end()) return node->text;
  std::string all;
  for (const std::string_view one : known) all.append(all.empty() ? "" : ", ").append(one);
  fail("parameter_invalid", name, "Invalid " + std::string(name) + ": must be one of " + all + ".");
  return std::nullopt;
}

std::vector<std::string> Params::list(std::string_view name) {
  const FormNode* node = take(name);
  std::vector<std::string> texts;
  if (node == nullptr) return texts;
  if (node->text && !node->text->empty()) fail("parameter_invalid", name, "Invalid array.");
  for (const FormNode& member : node->members) {
    if (!member.text) {
      fail("parameter_invalid", name, "Invalid array: its members must be strings.");
      break;
    }
    texts.push_back(*member.text);
  }
  return texts;
}

std::optional<Pairs> Params::pairs(std::string_view name) {
  const FormNode* node = take(name);
  if (node == nullptr) return std::nullopt;
  Pairs pairs;
  if (node->text) {
    if (!node->text->empty()) fail("parameter_invalid", name, "Invalid object.");
    pairs.emplace_back();
    return pairs;
  }
  for (const FormNode& member : node->members) {
    if (!member.text) {
      fail("parameter_invalid", std::string(name) + "/" + member.name,
           "Invalid " + std::string(name) + ": its values must be strings.");
      break;
    }
    pairs.emplace_back(member.name, *member.text);
  }
  return pairs;
}

const FormNode* Params::object(std::string_view name) {
  const FormNode* node = take(name);
  if (node == nullptr || !node->text) return node;
  if (!node->text->empty()) fail("parameter_invalid", name, "Invalid object.");
  return nullptr;
}

void Params::ignore(std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) read_.emplace(name);
}

base::Status Params::finish() {
  for (const FormNode& member : root_.members) {
    if (read_.contains(member.name)) continue;
    fail("parameter_unknown", member.name, "Received unknown parameter: " + member.name);
  }
  if (fault_) return *fault_;
  return base::ok_status();
}

}  // namespace ashlar::payments::profile
