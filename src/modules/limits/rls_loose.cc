#include "modules/limits/rls_loose.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/text.h"

namespace ashlar::limits {

namespace {

using Kind = LooseValue::Kind;
using ScalarKind = YamlScalar::Kind;

constexpr std::array<std::string_view, 16> kKeys = {
    "domain",         "key",        "value",       "descriptors",     "rate_limit",
    "unit",           "name",       "replaces",    "unlimited",       "requests_per_unit",
    "metadata",       "quota_mode", "shadow_mode", "detailed_metric", "value_to_metric",
    "share_threshold"};

base::Error error_at(int line, const std::string& what) {
  return base::fail(base::Code::kInvalid, "bad_yaml", "line " + std::to_string(line) + ": " + what);
}

std::string real_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 40> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

// As Go prints a key of any type.
std::string key_text(const YamlScalar& key) {
  switch (key.kind) {
    case ScalarKind::kNull:
      return "<nil>";
    case ScalarKind::kBool:
      return key.boolean ? "true" : "false";
    case ScalarKind::kInt:
      return std::to_string(key.integer);
    case ScalarKind::kUint:
      return std::to_string(key.unsigned_integer);
    case ScalarKind::kFloat:
      return real_text(key.real);
    default:
      return key.text;
  }
}

bool is_text(const YamlScalar& scalar) {
  return scalar.kind == ScalarKind::kText || scalar.kind == ScalarKind::kBinary ||
         scalar.kind == ScalarKind::kTime;
}

// One text for what Go takes for the same key; numbers and texts that look alike differ.
std::string identity(const YamlScalar& key) {
  if (is_text(key)) return "t" + key.text;
  return static_cast<char>('0' + static_cast<int>(key.kind)) + key_text(key);
}

class MapReader {
 public:
  MapReader(YamlWalk& walk, LooseValue& map) : walk_(walk), map_(map) {}

  base::Status add_all(const YamlNode& mapping) {
    for (std::size_t i = 0; i + 1 < mapping.children.size(); i += 2) {
      const YamlNode& key = *mapping.children[i];
      const YamlNode& value = *mapping.children[i + 1];
      if (is_merge_key(key)) {
        ASHLAR_ASSIGN(const auto merged, merged_by(value));
        for (const YamlNode* from : merged) {
          ASHLAR_TRY(walk_.visit(*from, [this](const YamlNode& node) { return add_all(node); }));
        }
      } else {
        ASHLAR_TRY(add(key, value));
      }
    }
    return {};
  }

 private:
  base::Status add(const YamlNode& key_node, const YamlNode& value_node) {
    LooseValue key;
    ASHLAR_TRY(read_loose(walk_, key_node, key));
    if (key.kind != Kind::kScalar) return error_at(key.line, "a list or mapping cannot be a key");
    LooseValue value;
    ASHLAR_TRY(read_loose(walk_, value_node, value));
    const auto [at, added] = places_.try_emplace(identity(key.scalar), map_.items.size());
    if (added) {
      map_.items.push_back(std::move(key));
      map_.items.push_back(std::move(value));
    } else {
      map_.items[at->second + 1] = std::move(value);
    }
    return {};
  }

  YamlWalk& walk_;
  LooseValue& map_;
  std::unordered_map<std::string, std::size_t> places_;  // of keys in map_.items
};

base::Status check_map(const LooseValue& map);

base::Status check_value(const LooseValue& value) {
  switch (value.kind) {
    case Kind::kMap:
      return check_map(value);
    case Kind::kList:
      for (const LooseValue& item : value.items) {
        if (item.kind != Kind::kMap) return error_at(item.line, "a list of other than mappings");
        ASHLAR_TRY(check_map(item));
      }
      return {};
    case Kind::kScalar:
      break;
  }
  if (value.scalar.kind == ScalarKind::kFloat) {
    return error_at(value.line, "a fraction: put it in quotes where it is meant as text");
  }
  if (value.scalar.kind == ScalarKind::kUint) {
    return error_at(value.line, "a number beyond 64 bits with sign");
  }
  return {};
}

base::Status check_map(const LooseValue& map) {
  for (std::size_t i = 0; i + 1 < map.items.size(); i += 2) {
    const LooseValue& key = map.items[i];
    if (!is_text(key.scalar)) {
      return error_at(key.line, "the key " + key_text(key.scalar) + " is not text");
    }
    if (std::ranges::find(kKeys, key.scalar.text) == kKeys.end()) {
      return error_at(key.line, "unknown key '" + key.scalar.text.substr(0, 80) + "'");
    }
    if (key.scalar.text == "metadata") continue;  // anything may stand there
    ASHLAR_TRY(check_value(map.items[i + 1]));
  }
  return {};
}

base::Result<json::Value> metadata_scalar(const LooseValue& value) {
  const YamlScalar& scalar = value.scalar;
  switch (scalar.kind) {
    case ScalarKind::kNull:
      return json::Value();
    case ScalarKind::kBool:
      return json::Value(scalar.boolean);
    case ScalarKind::kInt:
      return json::Value(static_cast<double>(scalar.integer));
    case ScalarKind::kUint:
      return json::Value(static_cast<double>(scalar.unsigned_integer));
    case ScalarKind::kFloat:
      if (!std::isfinite(scalar.real)) return json::Value(real_text(scalar.real));
      return json::Value(scalar.real);
    default:
      break;
  }
  if (!base::is_utf8(scalar.text)) return error_at(value.line, "metadata that is not UTF-8");
  return json::Value(scalar.text);
}

}  // namespace

base::Status read_loose(YamlWalk& walk, const YamlNode& node, LooseValue& out) {
  out.line = node.line;
  return walk.visit(node, [&walk, &out](const YamlNode& seen) -> base::Status {
    switch (seen.kind) {
      case YamlNode::Kind::kMapping:
        out.kind = Kind::kMap;
        return MapReader(walk, out).add_all(seen);
      case YamlNode::Kind::kSequence:
        out.kind = Kind::kList;
        out.items.resize(seen.children.size());
        for (std::size_t i = 0; i < seen.children.size(); ++i) {
          ASHLAR_TRY(read_loose(walk, *seen.children[i], out.items[i]));
        }
        return {};
      default:
        break;
    }
    ASHLAR_ASSIGN(out.scalar, resolve_scalar(seen));
    if (out.scalar.kind == ScalarKind::kTime) out.scalar.text = seen.text;
    return {};
  });
}

base::Status check_keys(const YamlDocument& document) {
  if (document.root() == nullptr) return {};
  YamlWalk walk;
  LooseValue root;
  ASHLAR_TRY(read_loose(walk, *document.root(), root));
  if (root.kind == Kind::kMap) return check_map(root);
  if (root.kind == Kind::kScalar && root.scalar.kind == ScalarKind::kNull) return {};
  return error_at(root.line, "a rule file is a mapping with `domain` and `descriptors`");
}

base::Result<json::Value> metadata_value(const LooseValue& value) {
  if (value.kind == Kind::kScalar) return metadata_scalar(value);
  if (value.kind == Kind::kList) {
    json::Value::Array list;
    for (const LooseValue& item : value.items) {
      ASHLAR_ASSIGN(list.emplace_back(), metadata_value(item));
    }
    return json::Value(std::move(list));
  }
  json::Value::Object object;
  for (std::size_t i = 0; i + 1 < value.items.size(); i += 2) {
    std::string key = key_text(value.items[i].scalar);
    if (!base::is_utf8(key)) return error_at(value.items[i].line, "metadata that is not UTF-8");
    ASHLAR_ASSIGN(json::Value member, metadata_value(value.items[i + 1]));
    object.emplace_back(std::move(key), std::move(member));
  }
  return json::Value(std::move(object));
}

}  // namespace ashlar::limits
