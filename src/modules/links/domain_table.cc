#include "modules/links/domain_table.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "modules/links/domains_store.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

constexpr std::int64_t kPage = 1'000;
constexpr base::Millis kWaitForOther{500};
// Of the flight that reads all of them; no host is called so.
constexpr const char* kAll = "";

storage::Context context(std::optional<base::Mono> deadline) {
  return storage::Context::platform(storage::PlatformUse::kRedirect, deadline);
}

}  // namespace

std::string_view host_of_field(std::string_view field, HostBuffer& buffer) {
  if (field.empty() || field.front() == '[') return {};
  field = field.substr(0, field.find(':'));
  if (field.ends_with('.')) field.remove_suffix(1);
  if (field.size() > buffer.size()) return {};
  std::ranges::transform(field, buffer.data(), [](char c) { return base::ascii_lower(c); });
  return {buffer.data(), field.size()};
}

DomainTable::DomainTable(storage::Database& db, const base::Clock& clock, std::uint64_t seed,
                         obs::Registry& metrics)
    : db_(db),
      clock_(clock),
      flights_({}, kit::CacheHash<std::string>(seed)),
      domains_(0, Hash{kit::CacheHash<std::string>(seed)}),
      doubts_(0, Hash{kit::CacheHash<std::string>(seed)}) {
  db_.subscribe(std::string(kDomainsChannel), [this](const storage::Database::Notice& notice) {
    notice.resync ? doubt_all() : doubt(notice.payload);
  });
  metrics.make_gauge_callback("ashlar_links_domains", "Domains whose hosts are known.", {}, [this] {
    const std::lock_guard lock(mutex_);
    return static_cast<double>(domains_.size());
  });
}

// In this order: a read that began before it must not answer whoever comes after it.
void DomainTable::doubt(std::string_view host) {
  std::string name(host);
  {
    const std::lock_guard lock(mutex_);
    doubts_[name] = ++number_;
    if (doubts_.size() > kMaxDoubts) {
      doubted_all_ = number_;
      is_read_ = false;
    }
    note_any();
  }
  flights_.detach(name);
  flights_.detach(kAll);
}

void DomainTable::doubt_all() {
  {
    const std::lock_guard lock(mutex_);
    doubted_all_ = ++number_;
    is_read_ = false;
    note_any();
  }
  flights_.detach_all();
}

void DomainTable::note_any() {
  any_.store(!is_read_ || !domains_.empty() || !doubts_.empty(), std::memory_order_relaxed);
}

base::Status DomainTable::load() { return read_all(std::nullopt); }

DomainTable::Found DomainTable::find(std::string_view host) const {
  if (!any()) return {};
  const std::lock_guard lock(mutex_);
  if (!is_read_) return {.in_doubt = true};
  if (!doubts_.empty() && doubts_.contains(host)) return {.in_doubt = true};
  const auto at = domains_.find(host);
  return at == domains_.end() ? Found{} : Found{.domain = at->second};
}

bool DomainTable::holds(std::string_view host) const {
  const std::lock_guard lock(mutex_);
  return domains_.contains(host);
}

base::Result<DomainTable::Known> DomainTable::look_up(const std::string& host,
                                                      base::Mono deadline) {
  Found found = find(host);
  if (!found.in_doubt) return std::move(found.domain);
  return read(host, deadline);
}

base::Result<DomainTable::Known> DomainTable::read(const std::string& host, base::Mono deadline) {
  bool all = false;
  {
    const std::lock_guard lock(mutex_);
    all = !is_read_;
  }
  const auto go = [&]() -> Read {
    if (!all) return read_one(host, deadline);
    ASHLAR_TRY(read_all(deadline));
    return Known();
  };
  std::optional<base::Error> late;
  const auto budget = std::clamp<std::chrono::nanoseconds>(
      deadline - clock_.mono(), base::Millis{0}, base::Millis{kWaitForOther});
  const auto answer = flights_.run(all ? kAll : host, budget, [&]() -> std::optional<Read> {
    Read answered = go();
    // This caller's time says nothing of the others'.
    if (answered.ok() || answered.error().code != base::Code::kDeadline) return answered;
    late = answered.error();
    return std::nullopt;
  });
  if (late) return *std::move(late);
  if (all || !answer.value) {
    if (answer.value && !answer.value->ok()) return answer.value->error();
    // All are known now but what has come into doubt meanwhile; or the other takes too long.
    Found found = find(host);
    return found.in_doubt ? read_one(host, deadline) : Read(std::move(found.domain));
  }
  return *answer.value;
}

base::Status DomainTable::read_all(std::optional<base::Mono> deadline) {
  std::uint64_t before = 0;
  {
    const std::lock_guard lock(mutex_);
    before = number_;
  }
  std::vector<Known> all;
  ASHLAR_TRY(db_.read(context(deadline), [&](storage::Transaction& tx) -> base::Status {
    all.clear();
    DomainId after;
    for (bool more = true; more;) {
      const std::size_t known = all.size();
      ASHLAR_TRY(store::load_domains(tx, after, kPage, [&](Domain domain) {
        after = domain.id;
        all.push_back(std::make_shared<const Domain>(std::move(domain)));
      }));
      more = all.size() - known == static_cast<std::size_t>(kPage);
    }
    return base::ok_status();
  }));
  const std::lock_guard lock(mutex_);
  if (doubted_all_ > before) return base::ok_status();  // the next one reads again
  domains_.clear();
  for (Known& domain : all) domains_[domain->host] = std::move(domain);
  std::erase_if(doubts_, [&](const auto& doubt) { return doubt.second <= before; });
  is_read_ = true;
  note_any();
  return base::ok_status();
}

base::Result<DomainTable::Known> DomainTable::read_one(const std::string& host,
                                                       base::Mono deadline) {
  std::uint64_t before = 0;
  {
    const std::lock_guard lock(mutex_);
    before = number_;
  }
  ASHLAR_ASSIGN(std::optional<Domain> found,
                db_.read(context(deadline),
                         [&](storage::Transaction& tx) { return store::load_domain(tx, host); }));
  Known domain = found ? std::make_shared<const Domain>(*std::move(found)) : Known();
  const std::lock_guard lock(mutex_);
  const auto at = doubts_.find(host);
  if (!is_read_ || at == doubts_.end() || at->second > before) return domain;
  doubts_.erase(at);
  if (domain != nullptr) {
    domains_[host] = domain;
  } else {
    domains_.erase(host);
  }
  note_any();
  return domain;
}

}  // namespace ashlar::links
