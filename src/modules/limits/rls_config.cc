#include "modules/limits/rls_config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <utility>

#include "modules/limits/rls_loose.h"
#include "modules/limits/rls_scalar.h"
#include "modules/limits/rls_walk.h"
#include "modules/limits/rls_yaml.h"

namespace ashlar::limits {

namespace {

using Kind = YamlNode::Kind;
using ScalarKind = YamlScalar::Kind;

constexpr std::array<std::string_view, 8> kUnits = {"UNKNOWN", "SECOND", "MINUTE", "HOUR",
                                                    "DAY",     "MONTH",  "YEAR",   "WEEK"};

struct Replaces {
  std::string name;
};

base::Error misfit(const YamlNode& node, const std::string& wanted) {
  if (node.kind == Kind::kMapping) return YamlWalk::error(node, "a mapping is no " + wanted);
  if (node.kind == Kind::kSequence) return YamlWalk::error(node, "a list is no " + wanted);
  return YamlWalk::error(node, "`" + node.text.substr(0, 40) + "` is no " + wanted);
}

// nullopt where it is nothing: the value becomes what it is by default.
base::Result<std::optional<YamlScalar>> scalar_of(const YamlNode& node, const char* wanted) {
  if (node.kind != Kind::kScalar) return misfit(node, wanted);
  ASHLAR_ASSIGN(YamlScalar scalar, resolve_scalar(node));
  if (scalar.kind == ScalarKind::kNull) return std::optional<YamlScalar>();
  return std::optional(std::move(scalar));
}

std::optional<std::uint32_t> as_u32(const YamlScalar& scalar) {
  constexpr auto kTop = std::numeric_limits<std::uint32_t>::max();
  if (scalar.kind == ScalarKind::kInt && scalar.integer >= 0 && scalar.integer <= kTop) {
    return static_cast<std::uint32_t>(scalar.integer);
  }
  if (scalar.kind == ScalarKind::kFloat && scalar.real > -1 && std::trunc(scalar.real) <= kTop) {
    return static_cast<std::uint32_t>(scalar.real);
  }
  return std::nullopt;
}

// Reads nodes into the structure that ratelimit reads them into. read(node, out) goes on from what
// `out` has: a key that comes twice, and a merge, lay themselves over what was there.
class Decoder {
 public:
  template <class T>
  base::Status read(const YamlNode& node, T& out) {
    return walk_.visit(node, [this, &out](const YamlNode& seen) { return put(seen, out); });
  }

 private:
  base::Status put(const YamlNode& node, std::string& out) {
    ASHLAR_ASSIGN(auto scalar, scalar_of(node, "text"));
    if (!scalar) {
      out.clear();
    } else if (scalar->kind == ScalarKind::kBinary) {
      out = std::move(scalar->text);
    } else {
      out = node.text;
    }
    return {};
  }

  base::Status put(const YamlNode& node, bool& out) {
    ASHLAR_ASSIGN(const auto scalar, scalar_of(node, "boolean"));
    if (scalar && scalar->kind != ScalarKind::kBool) return misfit(node, "boolean");
    out = scalar && scalar->boolean;
    return {};
  }

  base::Status put(const YamlNode& node, std::uint32_t& out) {
    static constexpr const char* kWanted = "whole number of 32 bits without sign";
    ASHLAR_ASSIGN(const auto scalar, scalar_of(node, kWanted));
    const auto number = scalar ? as_u32(*scalar) : 0;
    if (!number) return misfit(node, kWanted);
    out = *number;
    return {};
  }

  template <class T>
  base::Status put(const YamlNode& node, std::vector<T>& out) {
    if (node.kind != Kind::kSequence) {
      ASHLAR_ASSIGN(const auto scalar, scalar_of(node, "list"));
      if (scalar) return misfit(node, "list");
      out.clear();
      return {};
    }
    out.clear();
    for (const YamlNode* child : node.children) {
      ASHLAR_TRY(read(*child, out.emplace_back()));
    }
    return {};
  }

  // A section that may be absent: `~` takes it away again, and `NULL`, oddly, leaves an empty one.
  base::Status put(const YamlNode& node, std::optional<RlsRateLimit>& out) {
    static constexpr const char* kWanted = "rate limit";
    if (is_absent(node)) {
      ASHLAR_ASSIGN(const auto scalar, scalar_of(node, kWanted));
      if (scalar) return misfit(node, kWanted);
      out.reset();
      return {};
    }
    if (!out) out.emplace();
    return put(node, *out);
  }

  // Metadata: keys are text here, and values whatever they are.
  base::Status put(const YamlNode& node, LooseValue& out) {
    if (node.kind != Kind::kMapping) {
      ASHLAR_ASSIGN(const auto scalar, scalar_of(node, "mapping"));
      if (scalar) return misfit(node, "mapping");
      out.items.clear();
      return {};
    }
    for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
      const YamlNode& key_node = *node.children[i];
      const YamlNode& value_node = *node.children[i + 1];
      if (is_merge_key(key_node)) {
        ASHLAR_TRY(merge(value_node, out));
        continue;
      }
      LooseValue key;
      ASHLAR_TRY(read(key_node, key.scalar.text));
      LooseValue value;
      ASHLAR_TRY(read_loose(walk_, value_node, value));
      out.items.push_back(std::move(key));
      out.items.push_back(std::move(value));
    }
    return {};
  }

  template <class T>
  base::Status merge(const YamlNode& value, T& out) {
    ASHLAR_ASSIGN(const auto merged, merged_by(value));
    for (const YamlNode* from : merged) ASHLAR_TRY(read(*from, out));
    return {};
  }

  template <class T>
  base::Status put_struct(const YamlNode& node, T& out) {
    if (node.kind != Kind::kMapping) {
      ASHLAR_ASSIGN(const auto scalar, scalar_of(node, "mapping"));
      if (scalar) return misfit(node, "mapping");
      out = T{};
      return {};
    }
    std::string key;
    for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
      const YamlNode& value = *node.children[i + 1];
      if (is_merge_key(*node.children[i])) {
        ASHLAR_TRY(merge(value, out));
        continue;
      }
      ASHLAR_TRY(read(*node.children[i], key));
      ASHLAR_TRY(field(key, value, out));
    }
    return {};
  }

  base::Status put(const YamlNode& node, RlsFile& out) { return put_struct(node, out); }
  base::Status put(const YamlNode& node, RlsRateLimit& out) { return put_struct(node, out); }
  base::Status put(const YamlNode& node, Replaces& out) { return put_struct(node, out); }
  base::Status put(const YamlNode& node, RlsDescriptor& out) {
    if (out.line == 0) out.line = node.line;  // not that of what it merges
    return put_struct(node, out);
  }

  // Keys that are good elsewhere in the file are good here too, and say nothing.
  base::Status field(std::string_view key, const YamlNode& value, RlsFile& out) {
    if (key == "domain") return read(value, out.domain);
    if (key == "descriptors") return read(value, out.descriptors);
    return {};
  }

  base::Status field(std::string_view key, const YamlNode& value, RlsDescriptor& out) {
    if (key == "key") return read(value, out.key);
    if (key == "value") return read(value, out.value);
    if (key == "rate_limit") return read(value, out.rate_limit);
    if (key == "descriptors") return read(value, out.descriptors);
    if (key == "shadow_mode") return read(value, out.shadow_mode);
    if (key == "quota_mode") return read(value, out.quota_mode);
    if (key == "detailed_metric") return read(value, out.detailed_metric);
    if (key == "value_to_metric") return read(value, out.value_to_metric);
    if (key == "share_threshold") return read(value, out.share_threshold);
    if (key == "metadata") return read_metadata(value, out.metadata);
    return {};
  }

  base::Status field(std::string_view key, const YamlNode& value, RlsRateLimit& out) {
    if (key == "requests_per_unit") return read(value, out.requests_per_unit);
    if (key == "unit") return read(value, out.unit);
    if (key == "unlimited") return read(value, out.unlimited);
    if (key == "name") return read(value, out.name);
    if (key != "replaces") return {};
    std::vector<Replaces> replaces;
    ASHLAR_TRY(read(value, replaces));
    out.replaces.clear();
    for (Replaces& each : replaces) out.replaces.push_back(std::move(each.name));
    return {};
  }

  base::Status field(std::string_view key, const YamlNode& value, Replaces& out) {
    return key == "name" ? read(value, out.name) : base::ok_status();
  }

  // Metadata that comes twice is laid over, as everything; `~` empties it.
  base::Status read_metadata(const YamlNode& node, json::Value::Object& out) {
    LooseValue map;
    map.kind = LooseValue::Kind::kMap;
    bool emptied = false;
    ASHLAR_TRY(walk_.visit(node, [&](const YamlNode& seen) {
      emptied = seen.kind == Kind::kScalar;
      return put(seen, map);
    }));
    if (emptied) out.clear();
    std::unordered_map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < out.size(); ++i) places.emplace(out[i].first, i);
    ASHLAR_ASSIGN(json::Value value, metadata_value(map));
    for (auto& [key, member] : *value.if_object()) {
      const auto [at, added] = places.try_emplace(key, out.size());
      if (added) {
        out.emplace_back(std::move(key), std::move(member));
      } else {
        out[at->second].second = std::move(member);
      }
    }
    return {};
  }

  YamlWalk walk_;
};

base::Result<RlsFile> read_file(std::string_view text) {
  ASHLAR_ASSIGN(const YamlDocument document, YamlDocument::parse(text));
  ASHLAR_TRY(check_keys(document));
  RlsFile file;
  if (document.root() != nullptr) ASHLAR_TRY(Decoder().read(*document.root(), file));
  return file;
}

// As Go's ToUpper does for what can end in a unit's name: two letters beyond ASCII become ASCII.
std::string upper(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view two = text.substr(i, 2);
    if (two == "\u017f" || two == "\u0131") {  // long s, dotless i
      out.push_back(two == "\u017f" ? 'S' : 'I');
      ++i;
    } else {
      const char c = text[i];
      out.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    }
  }
  return out;
}

}  // namespace

std::string_view name_of(RlsUnit unit) { return kUnits[static_cast<std::size_t>(unit)]; }

RlsUnit unit_named(std::string_view name) {
  const auto at = std::ranges::find(kUnits, upper(name));
  return at == kUnits.end() ? RlsUnit::kUnknown : static_cast<RlsUnit>(at - kUnits.begin());
}

std::int64_t seconds_of(RlsUnit unit) {
  constexpr std::int64_t kDay = std::int64_t{24} * 60 * 60;
  switch (unit) {
    case RlsUnit::kUnknown:
      return 0;
    case RlsUnit::kSecond:
      return 1;
    case RlsUnit::kMinute:
      return 60;
    case RlsUnit::kHour:
      return std::int64_t{60} * 60;
    case RlsUnit::kDay:
      return kDay;
    case RlsUnit::kWeek:
      return 7 * kDay;
    case RlsUnit::kMonth:
      return 30 * kDay;
    case RlsUnit::kYear:
      return 365 * kDay;
  }
  return 0;
}

base::Result<RlsFile> parse_rls_file(std::string name, std::string_view text) {
  auto file = read_file(text);
  if (!file.ok()) {
    return base::fail(base::Code::kInvalid, "bad_rule_file", name + ": " + file.error().detail);
  }
  file->name = std::move(name);
  return file;
}

}  // namespace ashlar::limits
