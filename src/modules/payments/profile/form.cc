#include "modules/payments/profile/form.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace ashlar::payments::profile {
namespace {

base::Error malformed(std::string_view name, std::string detail) {
  std::string field = "/";
  if (base::is_utf8(name)) field += name.substr(0, kMaxFormNameBytes);
  // A cut may have gone through a character.
  while (!base::is_utf8(field)) field.pop_back();
  return {base::Code::kInvalid,
          "parameters_malformed",
          detail,
          {{std::move(field), "parameters_malformed", detail}}};
}

std::optional<std::string> decode(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return base::percent_decode(spaced);
}

bool is_text(std::string_view text) {
  return text.find('\0') == std::string_view::npos && base::is_utf8(text);
}

// "a[b][]" as {"a", "b", ""}; empty where it is no name.
std::vector<std::string_view> parts_of(std::string_view name) {
  std::vector<std::string_view> parts;
  const std::size_t first = std::min(name.find('['), name.size());
  parts.push_back(name.substr(0, first));
  std::string_view rest = name.substr(first);
  while (!rest.empty()) {
    const std::size_t end = rest.find(']');
    if (rest.front() != '[' || end == std::string_view::npos) return {};
    parts.push_back(rest.substr(1, end - 1));
    rest.remove_prefix(end + 1);
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    if (parts[i].empty() && (i == 0 || !last)) return {};
    if (parts[i].find_first_of("[]") != std::string_view::npos) return {};
  }
  return parts;
}

// A list's number in its one spelling: "0", "17". nullopt: a name.
std::optional<std::size_t> number_of(std::string_view name) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool whole = error == std::errc() && end == name.data() + name.size();
  const bool plain = name == "0" || !name.starts_with('0');
  return whole && plain && !name.empty() ? std::optional(number) : std::nullopt;
}

FormNode* find_in(FormNode& node, std::string_view name) {
  const auto found = std::ranges::find(node.members, name, &FormNode::name);
  return found == node.members.end() ? nullptr : &*found;
}

std::string next_number(const FormNode& list) {
  std::size_t next = 0;
  for (const FormNode& member : list.members) {
    if (const auto number = number_of(member.name)) next = std::max(next, *number + 1);
  }
  return std::to_string(next);
}

bool is_list(const FormNode& node) {
  return std::ranges::all_of(node.members,
                             [](const FormNode& m) { return number_of(m.name).has_value(); });
}

void order_lists(FormNode& node) {
  for (FormNode& member : node.members) order_lists(member);
  if (!is_list(node)) return;
  std::ranges::sort(node.members, {}, [](const FormNode& m) { return *number_of(m.name); });
}

void append_sized(std::string& out, std::string_view text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
}

void append_canonical(std::string& out, const FormNode& node) {
  if (node.text) {
    out += '=';
    append_sized(out, *node.text);
    return;
  }
  std::vector<const FormNode*> members;
  for (const FormNode& member : node.members) members.push_back(&member);
  std::ranges::sort(members, {}, [](const FormNode* m) { return std::string_view(m->name); });
  out += '{';
  for (const FormNode* member : members) {
    append_sized(out, member->name);
    append_canonical(out, *member);
  }
  out += '}';
}

}  // namespace

const FormNode* FormNode::find(std::string_view member) const {
  const auto found = std::ranges::find(members, member, &FormNode::name);
  return found == members.end() ? nullptr : &*found;
}

base::Result<Form> Form::parse(std::string_view encoded) { return parse(encoded, {}); }

base::Result<Form> Form::parse(std::string_view query, std::string_view body) {
  Form form;
  ASHLAR_TRY(form.take(query));
  ASHLAR_TRY(form.take(body));
  order_lists(form.root_);
  return form;
}

std::string Form::canonical() const {
  std::string text;
  append_canonical(text, root_);
  return text;
}

base::Status Form::take(std::string_view encoded) {
  while (!encoded.empty()) {
    const std::size_t end = std::min(encoded.find('&'), encoded.size());
    const std::string_view piece = encoded.substr(0, end);
    encoded.remove_prefix(std::min(end + 1, encoded.size()));
    if (piece.empty()) continue;
    const std::size_t equals = std::min(piece.find('='), piece.size());
    const std::string_view sent_name = piece.substr(0, equals);
    const auto name = decode(sent_name);
    auto value = decode(piece.substr(std::min(equals + 1, piece.size())));
    if (!name || !value) return malformed(sent_name, "A % is not followed by two hex digits.");
    if (!is_text(*name) || !is_text(*value)) {
      return malformed(sent_name, "What is sent must be UTF-8, without NUL.");
    }
    ASHLAR_TRY(put(*name, *std::move(value)));
  }
  return base::ok_status();
}

base::Status Form::put(std::string_view name, std::string value) {
  if (++parameters_ > kMaxFormParameters) {
    return base::fail(base::Code::kInvalid, "too_many_parameters",
                      "A request holds at most 1,000 parameters.");
  }
  const std::vector<std::string_view> parts = parts_of(name);
  if (parts.empty()) return malformed(name, "The brackets of a parameter's name do not match.");
  if (parts.size() > kMaxFormDepth) return malformed(name, "A parameter is nested too deeply.");
  FormNode* node = &root_;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].size() > kMaxFormNameBytes) return malformed(name, "A name is too long.");
    const std::string part = parts[i].empty() ? next_number(*node) : std::string(parts[i]);
    const bool last = i + 1 == parts.size();
    FormNode* next = find_in(*node, part);
    if (next == nullptr) {
      next = &node->members.emplace_back();
      next->name = part;
    } else if (last || next->text) {
      return base::Error{base::Code::kInvalid,
                         "parameter_twice",
                         "A parameter is given twice: " + std::string(name),
                         {{"/" + std::string(name), "parameter_twice", "It is given twice."}}};
    }
    node = next;
  }
  node->text = std::move(value);
  return base::ok_status();
}

}  // namespace ashlar::payments::profile
