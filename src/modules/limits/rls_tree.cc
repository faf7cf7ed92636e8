#include "modules/limits/rls_tree.h"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>

namespace ashlar::limits {

namespace {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};
template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

// A sibling with * in it: the texts between the stars, in order; each star is any text, or none.
struct Wildcard {
  std::string text;
  std::vector<std::string> parts;  // at least two

  explicit Wildcard(std::string pattern) : text(std::move(pattern)) {
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t star = std::min(text.find('*', begin), text.size());
      parts.push_back(text.substr(begin, star - begin));
      begin = star + 1;
    }
  }

  // REQUIRES: `value` begins with the first part.
  [[nodiscard]] bool fits(std::string_view value) const {
    value.remove_prefix(parts.front().size());
    if (!value.ends_with(parts.back())) return false;
    value.remove_suffix(parts.back().size());
    for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
      const std::size_t at = value.find(parts[i]);
      if (at == std::string_view::npos) return false;
      value.remove_prefix(at + parts[i].size());
    }
    return true;
  }
};

// The text of `value` that a pattern for this entry's key shows: "files/*" of "path_files/*".
std::string_view without_key(std::string_view pattern, std::string_view key) {
  const bool has_key =
      pattern.size() > key.size() && pattern.starts_with(key) && pattern[key.size()] == '_';
  return has_key ? pattern.substr(key.size() + 1) : pattern;
}

}  // namespace

struct RlsTree::Node {
  TextMap<std::unique_ptr<Node>> children;                  // by "key_value" or "key"
  std::vector<std::pair<Wildcard, const Node*>> wildcards;  // in file order
  // The wildcards by their text before the first *, longest or shortest alike: the one that comes
  // first in the file wins.
  TextMap<std::vector<std::size_t>> by_beginning;
  std::vector<std::size_t> beginnings;  // their different lengths

  const RlsRule* rule = nullptr;
  std::string shared_as;  // the whole pattern, with share_threshold
  bool value_to_metric = false;

  void add_wildcard(const std::string& pattern, const Node* node) {
    const std::size_t place = wildcards.size();
    const std::string& beginning =
        wildcards.emplace_back(Wildcard(pattern), node).first.parts.front();
    by_beginning[beginning].push_back(place);
    if (std::ranges::find(beginnings, beginning.size()) == beginnings.end()) {
      beginnings.push_back(beginning.size());
    }
  }

  // wildcards.size(): none fits.
  [[nodiscard]] std::size_t first_fitting(std::string_view value) const {
    std::size_t best = wildcards.size();
    for (const std::size_t length : beginnings) {
      if (length > value.size()) continue;
      const auto same = by_beginning.find(value.substr(0, length));
      if (same == by_beginning.end()) continue;
      for (const std::size_t place : same->second) {
        if (place >= best) break;
        if (wildcards[place].first.fits(value)) best = place;
      }
    }
    return best;
  }
};

struct RlsTree::Step {
  const Node* node = nullptr;
  const Wildcard* wildcard = nullptr;  // null: reached by its own text
  bool by_value = false;
};

struct RlsTree::Domains {
  TextMap<Node> by_name;
};

RlsTree::RlsTree() : domains_(std::make_unique<Domains>()) {}
RlsTree::~RlsTree() = default;

const RlsTree::Node* RlsTree::domain(std::string_view name) const {
  const auto found = domains_->by_name.find(name);
  return found == domains_->by_name.end() ? nullptr : &found->second;
}

bool RlsTree::knows_domain(std::string_view name) const { return domain(name) != nullptr; }
std::size_t RlsTree::domains() const { return domains_->by_name.size(); }

RlsTree::Step RlsTree::step(const Node& node, const RlsEntry& entry, std::string& scratch) {
  scratch.assign(entry.key).append(1, '_').append(entry.value);
  if (const auto exact = node.children.find(scratch); exact != node.children.end()) {
    return {exact->second.get(), nullptr, true};
  }
  if (const std::size_t at = node.first_fitting(scratch); at < node.wildcards.size()) {
    return {node.wildcards[at].second, &node.wildcards[at].first, true};
  }
  if (const auto bare = node.children.find(entry.key); bare != node.children.end()) {
    return {bare->second.get(), nullptr, false};
  }
  return {};
}

std::string_view RlsMatch::pattern_of(std::size_t index) const {
  const auto found = std::ranges::find(patterns, index, &Pattern::entry);
  return found == patterns.end() ? std::string_view() : found->value;
}

void RlsTree::find(std::string_view name, std::span<const RlsEntry> entries, RlsMatch& match,
                   std::string& scratch) const {
  match.rule = nullptr;
  match.patterns.clear();
  const Node* node = domain(name);
  for (std::size_t i = 0; node != nullptr && i < entries.size(); ++i) {
    const Step next = step(*node, entries[i], scratch);
    if (next.node == nullptr) return;
    if (next.wildcard != nullptr && !next.node->shared_as.empty()) {
      match.patterns.push_back({i, without_key(next.node->shared_as, entries[i].key)});
    }
    if (i + 1 == entries.size()) match.rule = next.node->rule;
    node = next.node->children.empty() ? nullptr : next.node;
  }
}

void RlsTree::append_key(std::string_view domain, std::span<const RlsEntry> entries,
                         const RlsMatch& match, std::string& out) {
  out.append(domain).append(1, '_');
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string_view pattern = match.pattern_of(i);
    out.append(entries[i].key).append(1, '_');
    out.append(pattern.empty() ? entries[i].value : pattern).append(1, '_');
  }
}

void RlsTree::append_metric(std::string_view name, std::span<const RlsEntry> entries,
                            const RlsMatch& match, std::string& out, std::string& scratch) const {
  out.append(name);
  const bool detailed = match.rule != nullptr && match.rule->detailed_metric;
  const Node* node = domain(name);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const RlsEntry& entry = entries[i];
    const std::string_view pattern = match.pattern_of(i);
    const Step next = node == nullptr ? Step() : step(*node, entry, scratch);
    std::string_view value;
    if (!pattern.empty()) {
      value = pattern;
    } else if (!detailed && match.rule != nullptr && next.node != nullptr &&
               next.wildcard != nullptr && !next.node->value_to_metric) {
      value = without_key(next.wildcard->text, entry.key);
    } else if (detailed || match.rule == nullptr || next.node == nullptr || next.by_value ||
               next.node->value_to_metric) {
      value = entry.value;
    }
    out.append(1, '.').append(entry.key);
    // ratelimit writes the _ of an empty value only here
    if (!value.empty() || (detailed && match.patterns.empty())) out.append(1, '_').append(value);
    node = next.node;
  }
}

class RlsCompiler {
 public:
  explicit RlsCompiler(const RlsTree::Options& options) : options_(options), tree_(new RlsTree()) {}

  base::Status add(const RlsFile& file) {
    file_ = &file.name;
    domain_ = &file.domain;
    if (file.domain.empty()) return error(0, "a rule file needs a domain that is not empty");
    auto [at, added] = tree_->domains_->by_name.try_emplace(file.domain);
    if (!added && !options_.merge_domains) {
      return error(0, "the domain '" + file.domain + "' is in another file already");
    }
    return add_all(at->second, {file.domain + ".", false}, file.descriptors);
  }

  std::shared_ptr<const RlsTree> done() { return std::move(tree_); }

 private:
  [[nodiscard]] base::Error error(int line, const std::string& what) const {
    const std::string where = line > 0 ? "line " + std::to_string(line) + ": " : std::string();
    return base::fail(base::Code::kInvalid, "bad_rule_file", *file_ + ": " + where + what);
  }

  struct Place {
    std::string path;
    bool named_by_requests;  // something on the way has value_to_metric
  };

  base::Status add_all(RlsTree::Node& parent, const Place& place,
                       const std::vector<RlsDescriptor>& descriptors) {
    for (const RlsDescriptor& each : descriptors) ASHLAR_TRY(add(parent, place, each));
    return {};
  }

  base::Status add(RlsTree::Node& parent, const Place& above, const RlsDescriptor& from) {
    if (from.key.empty()) return error(from.line, "a descriptor without a key");
    const std::string text = from.value.empty() ? from.key : from.key + "_" + from.value;
    const Place place{above.path + text, above.named_by_requests || from.value_to_metric};
    if (parent.children.contains(text)) {
      return error(from.line, "the descriptor '" + place.path + "' is there twice");
    }
    auto node = std::make_unique<RlsTree::Node>();
    if (from.rate_limit) ASHLAR_TRY(add_rule(*node, place, from));
    const bool wildcard = text.contains('*');
    if (from.share_threshold && !wildcard) {
      return error(from.line, "share_threshold needs a value with *; '" + text + "' has none");
    }
    if (from.share_threshold) node->shared_as = text;
    node->value_to_metric = from.value_to_metric;
    if (wildcard) parent.add_wildcard(text, node.get());
    ASHLAR_TRY(add_all(*node, {place.path + ".", place.named_by_requests}, from.descriptors));
    parent.children.emplace(text, std::move(node));
    return {};
  }

  [[nodiscard]] base::Status check(const RlsDescriptor& from, RlsUnit unit) const {
    const RlsRateLimit& limit = *from.rate_limit;
    if (limit.unlimited && unit != RlsUnit::kUnknown) {
      return error(from.line, "an unlimited descriptor has no unit");
    }
    if (!limit.unlimited && unit == RlsUnit::kUnknown) {
      return error(from.line, "no such unit: '" + limit.unit.substr(0, 80) + "'");
    }
    for (const std::string& name : limit.replaces) {
      if (name.empty()) return error(from.line, "replaces needs names that are not empty");
      if (name == limit.name) return error(from.line, "a limit cannot replace itself");
    }
    return {};
  }

  base::Status add_rule(RlsTree::Node& node, const Place& place, const RlsDescriptor& from) {
    const RlsUnit unit = unit_named(from.rate_limit->unit);
    ASHLAR_TRY(check(from, unit));
    if (tree_->rules_.size() >= RlsTree::kMaxRules) {
      return error(from.line, "more than " + std::to_string(RlsTree::kMaxRules) + " limits");
    }
    auto rule = std::make_unique<RlsRule>();
    rule->path = place.path;
    rule->name = from.rate_limit->name;
    rule->replaces = from.rate_limit->replaces;
    rule->requests_per_unit = from.rate_limit->requests_per_unit;
    rule->unit = unit;
    rule->unlimited = from.rate_limit->unlimited;
    rule->shadow_mode = from.shadow_mode;
    rule->quota_mode = from.quota_mode;
    rule->detailed_metric = from.detailed_metric;
    rule->metadata = from.metadata;
    if (!rule->unlimited) {
      LimitSpec spec;
      spec.name = rule->name.empty() ? place.path : rule->name;
      spec.group = *domain_;
      spec.amount = rule->requests_per_unit;
      spec.shadow = rule->shadow_mode || options_.all_shadow;
      spec.quota_mode = rule->quota_mode || options_.all_quota;
      spec.keeping = options_.keeping;
      spec.on_failure = options_.on_failure;
      ASHLAR_ASSIGN(rule->limit, make_rls_limit(std::move(spec), unit));
      if (options_.usage_of) rule->usage = options_.usage_of(*rule);
    }
    rule->named_by_requests = rule->detailed_metric || place.named_by_requests;
    node.rule = rule.get();
    tree_->rules_.push_back(std::move(rule));
    return {};
  }

  const RlsTree::Options& options_;
  std::shared_ptr<RlsTree> tree_;
  // Of the file that is being added.
  const std::string* file_ = nullptr;
  const std::string* domain_ = nullptr;
};

base::Result<std::shared_ptr<const Limit>> make_rls_limit(LimitSpec spec, RlsUnit unit) {
  spec.algorithm = Algorithm::kFixedWindow;
  spec.period = std::chrono::seconds(seconds_of(unit));
  spec.bare_key = true;
  return Limit::make(std::move(spec), "rls/" + std::string(name_of(unit)));
}

base::Result<std::shared_ptr<const RlsTree>> RlsTree::compile(std::span<const RlsFile> files,
                                                              const Options& options) {
  RlsCompiler compiler(options);
  for (const RlsFile& file : files) ASHLAR_TRY(compiler.add(file));
  return compiler.done();
}

}  // namespace ashlar::limits
