#include "modules/limits/rule_set.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <utility>

#include "modules/limits/usage.h"
#include "platform/http/ip_address.h"

namespace ashlar::limits {
namespace {

using AttributeId = std::uint32_t;

constexpr AttributeId kUnknown = 0xffffffff;

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

// What a place of the index is about.
enum class Place : std::uint8_t { kValue, kPrefix, kBlock, kPresent };

http::IpAddress masked(http::IpAddress address, std::size_t bits) {
  for (std::size_t i = 0; i < address.bytes.size(); ++i) {
    const std::size_t kept = std::clamp<std::size_t>(bits, i * 8, i * 8 + 8) - i * 8;
    address.bytes[i] &= static_cast<std::uint8_t>(0xff00U >> kept);
  }
  return address;
}

std::string_view bytes_of(const http::IpAddress& address) {
  return {reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size()};
}

// The hash of a place. Two places that share one only cost a comparison: what is found is compared.
std::uint64_t place_hash(const kit::SipKey& seed, Place place, AttributeId attribute,
                         std::size_t length, std::string_view text) {
  std::array<char, 8 + kMaxAttributeBytes> buffer;
  buffer[0] = static_cast<char>(place);
  std::memcpy(&buffer[1], &attribute, sizeof attribute);
  const auto short_length = static_cast<std::uint16_t>(length);
  std::memcpy(&buffer[5], &short_length, sizeof short_length);
  const std::size_t head = 7;
  std::memcpy(&buffer[head], text.data(), text.size());
  return kit::siphash(seed, {buffer.data(), head + text.size()});
}

// A condition, with its patterns sorted by kind.
struct CompiledCondition {
  AttributeId attribute = 0;
  bool any = false;
  std::vector<std::string> values;  // sorted
  std::vector<std::string> prefixes;
  std::vector<http::IpBlock> blocks;

  [[nodiscard]] bool holds(std::string_view value,
                           const std::optional<http::IpAddress>& address) const {
    if (any || std::binary_search(values.begin(), values.end(), value)) return true;
    for (const std::string& prefix : prefixes) {
      if (value.starts_with(prefix)) return true;
    }
    if (!address) return false;
    return std::ranges::any_of(
        blocks, [&](const http::IpBlock& block) { return block.contains(*address); });
  }
};

struct Plan {
  std::vector<CompiledCondition> where;
  std::vector<AttributeId> key;
};

// One way to index a rule: all of these places, since any of them may lead to it.
using Option = std::vector<std::uint64_t>;

}  // namespace

struct RuleSet::Index {
  struct Probe {  // how the values of an attribute are looked for
    bool values = false;
    bool present = false;
    std::vector<std::uint16_t> prefix_lengths;
    std::vector<std::uint16_t> block_bits;
  };

  kit::SipKey seed{};
  std::unordered_map<std::string, AttributeId, TextHash, std::equal_to<>> ids;
  std::vector<Probe> probes;  // by attribute
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> places;
  std::vector<std::uint32_t> always;
  std::vector<Plan> plans;  // by rule
  std::unordered_map<std::uint64_t, std::uint32_t> by_id;

  AttributeId intern(const std::string& name) {
    const auto [entry, fresh] = ids.emplace(name, static_cast<AttributeId>(ids.size()));
    if (fresh) probes.emplace_back();
    return entry->second;
  }
  [[nodiscard]] std::uint64_t hash(Place place, AttributeId attribute, std::size_t length,
                                   std::string_view text) const {
    return place_hash(seed, place, attribute, length, text);
  }

  CompiledCondition compile(const Condition& condition);
  Option option_of(const CompiledCondition& condition) const;
  std::vector<Option> options_of(const Plan& plan) const;
  void note_probes(const Plan& plan, std::size_t option);
  void build(const std::vector<CompiledRule>& rules);
};

CompiledCondition RuleSet::Index::compile(const Condition& condition) {
  CompiledCondition compiled;
  compiled.attribute = intern(condition.attribute);
  for (const std::string& pattern : condition.any_of) {
    if (pattern == "*") {
      compiled.any = true;
    } else if (condition.attribute == kAddress) {
      if (const auto block = http::parse_ip_block(pattern)) compiled.blocks.push_back(*block);
    } else if (pattern.ends_with('*')) {
      compiled.prefixes.push_back(pattern.substr(0, pattern.size() - 1));
    } else {
      compiled.values.push_back(pattern);
    }
  }
  std::ranges::sort(compiled.values);
  return compiled;
}

Option RuleSet::Index::option_of(const CompiledCondition& condition) const {
  const AttributeId attribute = condition.attribute;
  Option option;
  if (condition.any) return {hash(Place::kPresent, attribute, 0, {})};
  for (const std::string& value : condition.values) {
    option.push_back(hash(Place::kValue, attribute, value.size(), value));
  }
  for (const std::string& prefix : condition.prefixes) {
    option.push_back(hash(Place::kPrefix, attribute, prefix.size(), prefix));
  }
  for (const http::IpBlock& block : condition.blocks) {
    const auto bits = static_cast<std::size_t>(block.prefix_bits);
    option.push_back(hash(Place::kBlock, attribute, bits, bytes_of(masked(block.base, bits))));
  }
  return option;
}

// Conditions first, then the key's attributes.
std::vector<Option> RuleSet::Index::options_of(const Plan& plan) const {
  std::vector<Option> options;
  for (const CompiledCondition& condition : plan.where) options.push_back(option_of(condition));
  for (const AttributeId attribute : plan.key) {
    options.push_back({hash(Place::kPresent, attribute, 0, {})});
  }
  return options;
}

void RuleSet::Index::note_probes(const Plan& plan, std::size_t option) {
  const auto add = [](std::vector<std::uint16_t>& lengths, std::size_t length) {
    const auto value = static_cast<std::uint16_t>(length);
    const auto place = std::ranges::lower_bound(lengths, value);
    if (place == lengths.end() || *place != value) lengths.insert(place, value);
  };
  if (option >= plan.where.size()) {
    probes[plan.key[option - plan.where.size()]].present = true;
    return;
  }
  const CompiledCondition& condition = plan.where[option];
  Probe& probe = probes[condition.attribute];
  if (condition.any) {
    probe.present = true;
    return;
  }
  probe.values = probe.values || !condition.values.empty();
  for (const std::string& prefix : condition.prefixes) add(probe.prefix_lengths, prefix.size());
  for (const http::IpBlock& block : condition.blocks) {
    add(probe.block_bits, static_cast<std::size_t>(block.prefix_bits));
  }
}

void RuleSet::Index::build(const std::vector<CompiledRule>& rules) {
  for (const CompiledRule& rule : rules) {
    Plan& plan = plans.emplace_back();
    for (const Condition& condition : rule.rule.where) plan.where.push_back(compile(condition));
    for (const std::string& attribute : rule.rule.key) plan.key.push_back(intern(attribute));
  }
  std::unordered_map<std::uint64_t, std::uint32_t> shared;  // how many rules could stand there
  for (const Plan& plan : plans) {
    for (const Option& option : options_of(plan)) {
      for (const std::uint64_t place : option) ++shared[place];
    }
  }
  for (std::uint32_t i = 0; i < plans.size(); ++i) {
    by_id.emplace(rules[i].limit->id(), i);
    const std::vector<Option> options = options_of(plans[i]);
    if (options.empty()) {
      always.push_back(i);
      continue;
    }
    std::size_t best = 0;
    std::uint32_t best_shared = UINT32_MAX;
    for (std::size_t o = 0; o < options.size(); ++o) {
      std::uint32_t most = 0;
      for (const std::uint64_t place : options[o]) most = std::max(most, shared[place]);
      if (most < best_shared) {
        best = o;
        best_shared = most;
      }
    }
    note_probes(plans[i], best);
    for (const std::uint64_t place : options[best]) places[place].push_back(i);
  }
}

RuleSet::RuleSet() = default;
RuleSet::~RuleSet() = default;

base::Result<std::shared_ptr<const RuleSet>> RuleSet::compile(std::vector<Rule> rules,
                                                              const Options& options) {
  RuleErrors errors;
  check_rules(rules, errors);
  ASHLAR_TRY(errors.status());
  std::shared_ptr<RuleSet> set(new RuleSet());
  set->rules_.reserve(rules.size());
  for (Rule& rule : rules) {
    std::string identity = options.owner + "/" + rule.name;
    for (const std::string& attribute : rule.key) identity += "/" + attribute;
    CompiledRule compiled;
    LimitSpec spec = rule.limit;
    spec.group = options.owner;
    ASHLAR_ASSIGN(compiled.limit, Limit::make(std::move(spec), identity));
    if (options.usage != nullptr) {
      // Tenants' names are theirs to choose, and many: no series of their own.
      const std::string_view label =
          options.tenant.is_set() ? std::string_view() : std::string_view(rule.name);
      compiled.usage = options.usage->rule(options.tenant, rule.name, label);
    }
    compiled.rule = std::move(rule);
    set->rules_.push_back(std::move(compiled));
  }
  set->index_ = std::make_unique<Index>();
  set->index_->seed = options.seed;
  set->index_->build(set->rules_);
  return std::shared_ptr<const RuleSet>(std::move(set));
}

namespace {

// A request's attributes as a set of rules sees them: those that some rule mentions.
struct Known {
  AttributeId id = kUnknown;
  std::string_view value;
  std::optional<http::IpAddress> address;
};

}  // namespace

void RuleSet::match(Attributes attributes, std::vector<const CompiledRule*>& found) const {
  const Index& index = *index_;
  const std::size_t first = found.size();
  std::array<Known, kMaxAttributes> known;
  std::size_t count = 0;
  for (const Attribute& attribute : attributes) {
    const auto id = index.ids.find(attribute.name);
    if (id == index.ids.end()) continue;
    known[count].id = id->second;
    known[count].value = attribute.value;
    if (attribute.name == kAddress) known[count].address = http::parse_ip(attribute.value);
    ++count;
  }
  const auto find = [&](AttributeId id) -> const Known* {
    for (std::size_t i = 0; i < count; ++i) {
      if (known[i].id == id) return &known[i];
    }
    return nullptr;
  };
  const auto consider = [&](std::uint32_t i) {
    const Plan& plan = index.plans[i];
    for (const CompiledCondition& condition : plan.where) {
      const Known* value = find(condition.attribute);
      if (value == nullptr || !condition.holds(value->value, value->address)) return;
    }
    for (const AttributeId attribute : plan.key) {
      if (find(attribute) == nullptr) return;
    }
    found.push_back(&rules_[i]);
  };
  const auto look_at = [&](std::uint64_t place) {
    const auto here = index.places.find(place);
    if (here == index.places.end()) return;
    for (const std::uint32_t i : here->second) consider(i);
  };
  for (const std::uint32_t i : index.always) consider(i);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [id, value, address] = known[i];
    const Index::Probe& probe = index.probes[id];
    if (probe.values) look_at(index.hash(Place::kValue, id, value.size(), value));
    if (probe.present) look_at(index.hash(Place::kPresent, id, 0, {}));
    for (const std::uint16_t length : probe.prefix_lengths) {
      if (length > value.size()) break;
      look_at(index.hash(Place::kPrefix, id, length, value.substr(0, length)));
    }
    if (!address) continue;
    for (const std::uint16_t bits : probe.block_bits) {
      look_at(index.hash(Place::kBlock, id, bits, bytes_of(masked(*address, bits))));
    }
  }
  const auto begin = found.begin() + static_cast<std::ptrdiff_t>(first);
  std::sort(begin, found.end());  // all are of one vector, whose order is that of the rules
  found.erase(std::unique(begin, found.end()), found.end());
}

void RuleSet::append_key(const CompiledRule& rule, Attributes attributes, std::string& key) {
  const bool several = rule.rule.key.size() > 1;
  bool first = true;
  for (const std::string& name : rule.rule.key) {
    if (!first) key += '|';
    first = false;
    const auto attribute = std::ranges::find(attributes, name, &Attribute::name);
    if (attribute == attributes.end()) continue;
    if (name == kAddress) {
      key += counted_address(attribute->value);
    } else if (!several) {
      key += attribute->value;
    } else {
      for (const char c : attribute->value) {
        if (c == '|' || c == '\\') key += '\\';
        key += c;
      }
    }
  }
}

const std::vector<CompiledRule>& RuleSet::rules() const { return rules_; }

const CompiledRule* RuleSet::find(std::uint64_t limit_id) const {
  const auto found = index_->by_id.find(limit_id);
  return found != index_->by_id.end() ? &rules_[found->second] : nullptr;
}

}  // namespace ashlar::limits
