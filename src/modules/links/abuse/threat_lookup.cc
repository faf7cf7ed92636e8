#include "modules/links/abuse/threat_lookup.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/encoding.h"
#include "base/text.h"
#include "modules/links/abuse/listed_url.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/outbound/outbound_client.h"
#include "platform/runtime/periodic.h"
#include "platform/security/digest.h"

namespace ashlar::links::abuse {
namespace {

constexpr base::Millis kTick{10'000};
constexpr std::size_t kHashHex = 64;
constexpr base::Millis kListTimeout{60'000};

constexpr const char* kRefused = "threat_list_refused";

base::Error unavailable(const char* reason, std::string detail) {
  return base::fail(base::Code::kUnavailable, reason, std::move(detail));
}

obs::Counter& lookups(obs::Registry& metrics, const char* result) {
  return metrics.make_counter("ashlar_links_list_lookups_total",
                              "URLs looked up on the list of unsafe pages.", {{"result", result}});
}

}  // namespace

// One URL, as its hashes.
struct ThreatLookup::Asked {
  std::string url;
  std::vector<std::string> hashes;
};

ThreatLookup::ThreatLookup(Options options, const base::Clock& clock, obs::Registry& metrics,
                           obs::Log& log)
    : options_(std::move(options)),
      clock_(clock),
      log_(log),
      random_(options_.seed),
      clean_(lookups(metrics, "clean")),
      listed_(lookups(metrics, "listed")),
      failed_(lookups(metrics, "failed")) {
  metrics.make_gauge_callback("ashlar_links_list_cache_entries",
                              "Prefixes whose answers are remembered.", {},
                              [this] { return static_cast<double>(cache_.size()); });
  metrics.make_gauge_callback("ashlar_links_list_prefixes", "Prefixes on the lists kept here.", {},
                              [this] {
                                const std::lock_guard lock(mutex_);
                                std::size_t all = 0;
                                for (const auto& [type, list] : kept_) all += list.size();
                                return static_cast<double>(all);
                              });
  if (!is_on()) return;
  // The operator names the service: it may lie in the operator's own network.
  client_ = std::make_unique<outbound::OutboundClient>(
      outbound::OutboundClient::Options{
          .name = "links-lists", .allow_private = true, .seed = options_.seed},
      clock, metrics);
  outbound::Policy policy;
  policy.timeout = options_.timeout;
  policy.attempt_timeout = options_.timeout;
  hashes_ = &client_->add_dependency("links.hashes", policy);
  policy.timeout = policy.attempt_timeout = kListTimeout;
  policy.max_answer_bytes = kMaxListBytes;
  lists_ = &client_->add_dependency("links.lists", policy);
}

ThreatLookup::~ThreatLookup() { stop(); }

void ThreatLookup::start() {
  if (!is_on() || options_.version != 4) return;
  thread_ = std::make_unique<runtime::Periodic>("links-lists", kTick, [this] {
    const base::Status status = update();
    if (status.ok()) return;
    log_.warn("the lists of unsafe pages could not be updated",
              {{"reason", status.error().reason}, {"detail", status.error().detail}});
  });
  thread_->wake();
}

void ThreatLookup::stop() {
  if (client_) client_->stop();
  if (thread_) thread_->stop();
}

base::Result<std::string> ThreatLookup::call(std::string target, std::string body, bool lists) {
  outbound::Request request;
  request.url = options_.url + std::move(target);
  if (!body.empty()) {
    request.method = "POST";
    request.headers = {{"Content-Type", "application/json"}};
    request.body = std::move(body);
    request.idempotent = true;  // it only asks
  }
  ASHLAR_ASSIGN(outbound::Answer answer,
                client_->call(lists ? *lists_ : *hashes_, std::move(request)));
  if (answer.status / 100 != 2) {
    return unavailable(kRefused,
                       "The list of unsafe pages answered " + std::to_string(answer.status) + ".");
  }
  return std::move(answer.body);
}

bool ThreatLookup::may_be_listed(std::string_view hash) const {
  if (options_.version != 4) return true;
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(kept_, [&](const auto& list) { return list.second.may_hold(hash); });
}

std::vector<std::string> ThreatLookup::states() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> states;
  for (const auto& [type, list] : kept_) states.push_back(list.state());
  return states;
}

base::Status ThreatLookup::ask(const std::vector<std::string>& prefixes) {
  {
    const std::lock_guard lock(mutex_);
    if (clock_.mono() < quiet_until_) {
      return unavailable("threat_list_wait", "The list of unsafe pages asks to wait.");
    }
  }
  HashAnswer answer;
  if (options_.version == 4) {
    ASHLAR_ASSIGN(const std::string body,
                  call("/v4/fullHashes:find?key=" + base::percent_encode(options_.key),
                       find_body_v4(prefixes, states()), false));
    ASHLAR_ASSIGN(answer, read_find_v4(body));
  } else {
    ASHLAR_ASSIGN(const std::string body,
                  call(search_target_v5(options_.key, prefixes), {}, false));
    ASHLAR_ASSIGN(answer, read_search_v5(body));
  }
  // So long at least the caller may use it.
  answer.keep = std::max(answer.keep, base::Seconds{1});
  for (ThreatHit& hit : answer.hits) hit.keep = std::max(hit.keep, base::Seconds{1});
  const base::Mono now = clock_.mono();
  cache_.put(prefixes, answer, now);
  const std::lock_guard lock(mutex_);
  quiet_until_ = now + answer.wait;
  return base::ok_status();
}

base::Status ThreatLookup::check_lists() const {
  if (options_.version != 4) return base::ok_status();
  const std::lock_guard lock(mutex_);
  // One that is missing, as well: what only it holds would be clean, and flags would fall.
  if (kept_.size() == kThreatTypes.size()) return base::ok_status();
  return unavailable("threat_lists_missing", "Not all lists of unsafe pages are here yet.");
}

base::Status ThreatLookup::learn(const std::vector<Asked>& asked, base::Mono now) {
  std::set<std::string> missing;
  for (const Asked& one : asked) {
    for (const std::string& hash : one.hashes) {
      if (!cache_.find(hash, now)) missing.insert(hash.substr(0, kPrefixBytes));
    }
  }
  for (auto at = missing.begin(); at != missing.end();) {
    std::vector<std::string> some;
    for (; at != missing.end() && some.size() < kMaxPrefixesAsked; ++at) some.push_back(*at);
    ASHLAR_TRY(ask(some));
  }
  return base::ok_status();
}

base::Result<std::vector<std::vector<ListMatch>>> ThreatLookup::look_up(
    std::span<const std::string> urls) {
  CHECK(is_on());
  base::Status known = check_lists();
  std::vector<Asked> asked;
  const base::Mono now = clock_.mono();
  for (std::size_t i = 0; known.ok() && i < urls.size(); ++i) {
    Asked& one = asked.emplace_back();
    const auto listed = listed_url(urls[i]);
    if (!listed) continue;
    one.url = base::hex_encode(security::sha256(listed->text()));
    for (const std::string& expression : listed->expressions()) {
      std::string hash = security::sha256(expression);
      if (may_be_listed(hash)) one.hashes.push_back(std::move(hash));
    }
  }
  if (known.ok()) known = learn(asked, now);
  if (!known.ok()) {
    failed_.add(urls.size());
    return known.error();
  }
  std::vector<std::vector<ListMatch>> out;
  for (const Asked& one : asked) {
    std::vector<ListMatch>& matches = out.emplace_back();
    for (const std::string& hash : one.hashes) {
      for (std::string& type : cache_.find(hash, now).value_or(std::vector<std::string>())) {
        std::string entry = base::hex_encode(hash) + ":" + type;
        matches.push_back({one.url, std::move(entry), std::move(type)});
      }
    }
    (matches.empty() ? clean_ : listed_).add();
  }
  return out;
}

base::Result<std::vector<ListMatch>> ThreatLookup::still_listed(
    std::span<const ListMatch> entries) {
  CHECK(is_on());
  ASHLAR_TRY(check_lists());
  std::vector<Asked> asked(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::optional<std::string> hash = base::hex_decode(entries[i].entry.substr(0, kHashHex));
    if (!hash || hash->size() * 2 != kHashHex || !may_be_listed(*hash)) continue;
    asked[i].hashes.push_back(std::move(*hash));
  }
  const base::Mono now = clock_.mono();
  ASHLAR_TRY(learn(asked, now));
  std::vector<ListMatch> left;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    for (const std::string& hash : asked[i].hashes) {
      const auto types = cache_.find(hash, now);
      if (types && std::ranges::find(*types, entries[i].type) != types->end()) {
        left.push_back(entries[i]);
      }
    }
  }
  return left;
}

base::Status ThreatLookup::update() {
  std::vector<ListState> wanted;
  {
    const std::lock_guard lock(mutex_);
    if (clock_.mono() < next_update_) return base::ok_status();
    for (const std::string_view type : kThreatTypes) {
      const auto kept = kept_.find(type);
      wanted.emplace_back(type, kept == kept_.end() ? std::string() : kept->second.state());
    }
  }
  base::Seconds wait{kUpdatePause};
  const base::Status status = fetch(wanted, wait);
  failures_ = status.ok() ? 0 : failures_ + 1;
  if (!status.ok()) {
    const bool refused = status.error().reason == std::string_view(kRefused);
    wait = std::max(wait, update_pause(failures_, refused, random_.unit()));
  }
  const std::lock_guard lock(mutex_);
  next_update_ = clock_.mono() + wait;
  return status;
}

// `wait`: what the service asks for, where it says so; none where it did not answer.
base::Status ThreatLookup::fetch(const std::vector<ListState>& wanted, base::Seconds& wait) {
  const base::Seconds usual = std::exchange(wait, base::Seconds{0});
  ASHLAR_ASSIGN(const std::string body,
                call("/v4/threatListUpdates:fetch?key=" + base::percent_encode(options_.key),
                     update_body_v4(wanted), true));
  ASHLAR_ASSIGN(const ListUpdates updates, read_updates_v4(body));
  wait = updates.wait;
  base::Status status = base::ok_status();
  for (const ListUpdate& update : updates.updates) {
    PrefixList list;
    {
      const std::lock_guard lock(mutex_);
      if (const auto kept = kept_.find(update.type); kept != kept_.end()) list = kept->second;
    }
    const base::Status applied = list.apply(update);
    if (!applied.ok()) {
      status = applied;
      list.forget_state();
      if (!list.is_loaded()) continue;
    }
    const std::lock_guard lock(mutex_);
    kept_.insert_or_assign(update.type, std::move(list));
  }
  if (status.ok() && wait.count() <= 0) wait = usual;
  return status;
}

base::Seconds update_pause(int failures, bool refused, double random) {
  constexpr base::Seconds kRefusedFirst{15 * 60};
  constexpr base::Seconds kDay{24 * 3600};
  constexpr base::Seconds kSilentFirst{10};
  constexpr int kMaxDoublings = 12;
  const std::int64_t doubled = std::int64_t{1} << std::clamp(failures - 1, 0, kMaxDoublings);
  if (!refused) return std::min(kSilentFirst * doubled, ThreatLookup::kUpdatePause);
  const base::Seconds pause = kRefusedFirst * doubled;
  const auto more = static_cast<std::int64_t>(random * static_cast<double>(pause.count()));
  return std::min(pause + base::Seconds{more}, kDay);
}

}  // namespace ashlar::links::abuse
