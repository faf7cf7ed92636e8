#include "modules/limits/rls_walk.h"

#include <algorithm>

namespace ashlar::limits {

namespace {

// What share of all steps may be in aliases.
double allowed_share(std::size_t steps) {
  constexpr double kLow = 400'000;
  constexpr double kHigh = 4'000'000;
  const auto count = static_cast<double>(steps);
  if (count <= kLow) return 0.99;
  if (count >= kHigh) return 0.10;
  return 0.99 - 0.89 * ((count - kLow) / (kHigh - kLow));
}

bool is_mapping(const YamlNode& node) {
  return node.kind == YamlNode::Kind::kMapping ||
         (node.kind == YamlNode::Kind::kAlias && node.target->kind == YamlNode::Kind::kMapping);
}

}  // namespace

base::Error YamlWalk::error(const YamlNode& node, const std::string& what) {
  return base::fail(base::Code::kInvalid, "bad_yaml",
                    "line " + std::to_string(node.line) + ": " + what);
}

base::Status YamlWalk::enter(const YamlNode& node) {
  ++steps_;
  if (!open_.empty()) ++steps_in_aliases_;
  if (steps_in_aliases_ > 100 && steps_ > 1000 &&
      static_cast<double>(steps_in_aliases_) / static_cast<double>(steps_) >
          allowed_share(steps_)) {
    return error(node, "the document unfolds too many aliases");
  }
  if (depth_ >= kMaxDepth) {
    return error(node, "more than " + std::to_string(kMaxDepth) + " levels deep");
  }
  ++depth_;
  return {};
}

base::Status YamlWalk::begin(const YamlNode& alias) {
  if (std::ranges::find(open_, &alias) != open_.end()) {
    return error(alias, "the value of anchor '" + alias.text + "' contains itself");
  }
  open_.push_back(&alias);
  return {};
}

bool is_merge_key(const YamlNode& key) {
  return key.kind == YamlNode::Kind::kScalar && key.text == "<<" &&
         (key.plain || key.tag == "tag:yaml.org,2002:merge");
}

base::Result<std::vector<const YamlNode*>> merged_by(const YamlNode& value) {
  std::vector<const YamlNode*> out;
  if (value.kind == YamlNode::Kind::kSequence) {
    out.assign(value.children.rbegin(), value.children.rend());  // the first of the list wins
  } else {
    out.push_back(&value);
  }
  for (const YamlNode* node : out) {
    if (!is_mapping(*node)) {
      return YamlWalk::error(value, "`<<` needs a mapping or a list of mappings");
    }
  }
  return out;
}

}  // namespace ashlar::limits
