#include "modules/links/clicks.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/random.h"
#include "modules/links/analytics/analytics_store.h"
#include "modules/links/analytics/subject.h"
#include "modules/links/analytics/visit_counter.h"
#include "modules/links/analytics/visitor_salts.h"
#include "modules/links/click_batch.h"
#include "modules/links/click_buffer.h"
#include "modules/links/click_feed.h"
#include "modules/links/clicks_store.h"
#include "modules/links/orphans/orphan_buffer.h"
#include "modules/links/orphans/orphans_store.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/periodic.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

using analytics::store::Level;

constexpr int kFlushesAtStop = 20;
// One in so many details tidies its link's older ones away.
constexpr double kTrimChance = 1.0 / 64;
// Of a flush; more are added up but not written one by one.
constexpr std::size_t kDetailRows = 200;

// What one flush writes, whole or not at all.
struct Flush {
  std::int64_t seq = 0;
  base::Time taken_at;  // holds all clicks recorded before
  std::vector<ClickCount> counts;
  std::vector<DetailEntry> details;
  analytics::KeyedRollups visits;  // of links
  orphans::OrphanBuffer::Taken orphans;

  // By link; no hours.
  [[nodiscard]] std::vector<ClickCount> bots() const {
    std::vector<ClickCount> bots;
    for (const auto& [key, hour] : visits) {
      if (hour.rollup.bots() == 0) continue;
      const LinkId link = analytics::link_of(key.subject);
      // Those of one link follow each other.
      if (bots.empty() || bots.back().tenant != key.tenant || bots.back().link != link) {
        bots.push_back({.tenant = key.tenant, .link = link});
      }
      bots.back().clicks += hour.rollup.bots();
    }
    std::ranges::sort(bots);
    return bots;
  }
  [[nodiscard]] std::int64_t clicks() const {
    std::int64_t sum = 0;
    for (const ClickCount& count : counts) sum += count.clicks;
    return sum;
  }
};

}  // namespace

//   buffers --drain()--> tally --take()--> outgoing --commit()--> database
//
// `outgoing` keeps its number and content until the database has said yes: an answer that was lost
// on the way cannot make it count twice.
struct ClickRecorder::Impl {
  storage::Database& db;
  const base::Clock& clock;
  obs::Log& log;
  ClickFeed* const feed;
  const std::int64_t detail_one_in;
  const std::int64_t writer;
  obs::Counter& clicks_total;
  obs::Counter& dropped_total;
  obs::Counter& shed_total;
  obs::Counter& orphans_total;
  obs::Counter& orphans_dropped_total;
  obs::Histogram& flush_seconds;

  ClickBuffer buffer;
  orphans::OrphanBuffer orphan_buffer;
  analytics::VisitorSalts salts;  // of who flushes
  std::atomic<std::int64_t> flushed_until_micros;
  std::atomic<bool> busy{false};

  std::mutex mutex;  // one flush at a time; guards what follows
  base::Random random;
  ClickTally tally{kMaxPairs};
  std::vector<DetailEntry> details;
  analytics::VisitCounter visits;
  std::int64_t detailed = 0;  // clicks in `visits`
  base::Time drained_at;
  std::optional<Flush> outgoing;
  std::int64_t last_seq = 0;

  bool failing = false;
  bool unsalted = false;

  std::unique_ptr<runtime::Periodic> thread;  // owner's thread only

  Impl(storage::Database& database, const base::Clock& clk, base::Entropy& entropy,
       obs::Registry& metrics, obs::Log& journal, ClickFeed* live, std::size_t shards,
       std::int64_t one_in, const GeoFile* geo)
      : db(database),
        clock(clk),
        log(journal),
        feed(live),
        detail_one_in(one_in),
        writer(static_cast<std::int64_t>(entropy.u64() >> 1)),
        clicks_total(
            metrics.make_counter("ashlar_links_clicks_total", "Clicks that were committed.")),
        dropped_total(metrics.make_counter("ashlar_links_clicks_dropped_total",
                                           "Clicks lost because memory for them was full.")),
        shed_total(metrics.make_counter("ashlar_links_click_details_shed_total",
                                        "Clicks counted without their detail being kept.")),
        orphans_total(metrics.make_counter("ashlar_links_orphan_visits_total",
                                           "Visits on domains that led to no link.")),
        orphans_dropped_total(
            metrics.make_counter("ashlar_links_orphan_visits_dropped_total",
                                 "Visits that led to no link and were not counted: no room.")),
        flush_seconds(metrics.make_histogram("ashlar_links_clicks_flush_seconds",
                                             "Time to commit the clicks of one flush.",
                                             obs::latency_buckets_s())),
        buffer(shards, one_in, entropy.u64()),
        salts(database, entropy),
        flushed_until_micros(base::to_micros(clk.now())),
        random(entropy.u64()),
        visits(salts, geo),
        drained_at(clk.now()) {}

  void drain();
  void take();
  base::Status commit(const Flush& flush);
  base::Status write(storage::Transaction& tx, const Flush& flush, std::uint64_t seed) const;
  base::Status flush_once();
  void tell(const base::Status& status);
  void tell_salted(const base::Status& status);
};

void ClickRecorder::Impl::drain() {
  drained_at = clock.now();
  const ClickBuffer::Losses losses = buffer.drain(tally, [this](const KeptClick& click) {
    visits.add(click);
    ++detailed;
    if (details.size() < kDetailRows) details.emplace_back(click);
  });
  if (losses.clicks > 0) dropped_total.add(static_cast<std::uint64_t>(losses.clicks));
  if (losses.details > 0) shed_total.add(static_cast<std::uint64_t>(losses.details));
}

void ClickRecorder::Impl::take() {
  outgoing.emplace();
  outgoing->seq = ++last_seq;
  outgoing->taken_at = drained_at;
  outgoing->counts = tally.take_sorted();
  outgoing->details = std::exchange(details, {});
  outgoing->visits = visits.take();
  outgoing->orphans = orphan_buffer.take();
  detailed = 0;
  if (outgoing->orphans.dropped > 0) {
    orphans_dropped_total.add(static_cast<std::uint64_t>(outgoing->orphans.dropped));
  }
}

base::Status ClickRecorder::Impl::write(storage::Transaction& tx, const Flush& flush,
                                        std::uint64_t seed) const {
  ASHLAR_ASSIGN(const bool mine, store::claim_flush(tx, writer, flush.seq, flush.taken_at));
  if (!mine) return base::ok_status();
  const base::Time since = base::from_micros(flushed_until_micros.load());
  const std::string counts = encode_click_batch(flush.counts);
  if (flush.counts.size() > kDirectPairs) {
    ASHLAR_TRY(store::append_batch(tx, store::BatchLevel::kRaw, since,
                                   static_cast<std::int64_t>(flush.counts.size()), counts));
  } else if (!flush.counts.empty()) {
    ASHLAR_TRY(store::add_counts(tx, flush.counts));
    ASHLAR_TRY(analytics::store::append_batch(tx, Level::kCounts, since, counts));
  }
  if (!flush.visits.empty()) {
    ASHLAR_TRY(analytics::store::append_batch(tx, Level::kVisits, since,
                                              analytics::encode_keyed(flush.visits)));
    ASHLAR_TRY(store::add_bots(tx, flush.bots()));
  }
  ASHLAR_TRY(store::add_details(tx, flush.details));
  base::Random dice(seed);
  for (const DetailEntry& detail : flush.details) {
    if (!dice.chance(kTrimChance)) continue;
    ASHLAR_TRY(store::trim_details(tx, detail.tenant, detail.link, kDetailsKept));
  }
  ASHLAR_TRY(orphans::store::add(tx, flush.orphans));
  for (const orphans::KeptOrphan& each : flush.orphans.kept) {
    if (!dice.chance(kTrimChance)) continue;
    ASHLAR_TRY(orphans::store::trim(tx, each.tenant, each.domain, orphans::store::kKeptOfDomain));
  }
  return base::ok_status();
}

base::Status ClickRecorder::Impl::commit(const Flush& flush) {
  const base::Mono started = clock.mono();
  const std::uint64_t seed = random.next();
  const auto context = storage::Context::platform(storage::PlatformUse::kClickWriter);
  ASHLAR_TRY(db.write(context, [&](storage::Transaction& tx) { return write(tx, flush, seed); }));
  const std::chrono::duration<double> taken = clock.mono() - started;
  flush_seconds.observe(taken.count());
  clicks_total.add(static_cast<std::uint64_t>(flush.clicks()));
  orphans_total.add(static_cast<std::uint64_t>(flush.orphans.visits()));
  flushed_until_micros.store(base::to_micros(flush.taken_at));
  busy.store(flush.counts.size() > kDirectPairs);
  if (feed != nullptr) feed->publish(flush.counts, flush.visits, flush.taken_at);
  return base::ok_status();
}

base::Status ClickRecorder::Impl::flush_once() {
  if (!outgoing) {
    if (tally.empty() && details.empty() && orphan_buffer.empty()) {
      flushed_until_micros.store(base::to_micros(drained_at));
      busy.store(false);
      return base::ok_status();
    }
    take();
  }
  ASHLAR_TRY(commit(*outgoing));
  outgoing.reset();
  return base::ok_status();
}

// Says it when the database begins to refuse clicks and when it takes them again, not four times a
// second in between.
void ClickRecorder::Impl::tell(const base::Status& status) {
  if (status.ok() == !failing) return;
  failing = !status.ok();
  if (failing) {
    log.warn("clicks wait in memory: the database does not take them",
             {{"reason", status.error().reason}, {"detail", status.error().detail}});
  } else {
    log.info("the database takes clicks again");
  }
}

void ClickRecorder::Impl::tell_salted(const base::Status& status) {
  if (status.ok() == !unsalted) return;
  unsalted = !status.ok();
  if (!unsalted) return;
  log.warn("visitors are not told apart: today's salt could not be read",
           {{"reason", status.error().reason}, {"detail", status.error().detail}});
}

ClickRecorder::ClickRecorder(storage::Database& db, const base::Clock& clock,
                             base::Entropy& entropy, obs::Registry& metrics, obs::Log& log,
                             ClickFeed* feed, std::size_t shards, std::int64_t detail_one_in,
                             const GeoFile* geo)
    : impl_(std::make_unique<Impl>(db, clock, entropy, metrics, log, feed, shards, detail_one_in,
                                   geo)) {}

ClickRecorder::~ClickRecorder() = default;

std::int64_t ClickRecorder::count(std::size_t shard, LinkId link, base::TenantId tenant,
                                  base::Time at) noexcept {
  return impl_->buffer.count(shard, link, tenant, at);
}

void ClickRecorder::keep(std::size_t shard, const KeptClick& click) noexcept {
  impl_->buffer.keep(shard, click);
}

void ClickRecorder::record(std::size_t shard, LinkId link, base::TenantId tenant, base::Time at,
                           const ClickDetail& detail) noexcept {
  impl_->buffer.record(shard, link, tenant, at, detail);
}

void ClickRecorder::orphan(const orphans::OrphanVisit& visit) { impl_->orphan_buffer.add(visit); }

base::Status ClickRecorder::flush() {
  Impl& impl = *impl_;
  const std::lock_guard guard(impl.mutex);
  // Without it visitors are not told apart until the database answers again; clicks are counted.
  impl.tell_salted(impl.salts.prepare(impl.clock.now()));
  impl.drain();
  // An earlier flush that failed goes first, with its own number; then what came since.
  const bool two = impl.outgoing.has_value();
  base::Status status = impl.flush_once();
  if (status.ok() && two) status = impl.flush_once();
  if (!status.ok() && impl.detailed > 0) {
    impl.shed_total.add(static_cast<std::uint64_t>(impl.detailed));
    impl.details.clear();
    static_cast<void>(impl.visits.take());
    impl.detailed = 0;
  }
  impl.tell(status);
  if (impl.feed != nullptr) impl.feed->tick();
  return status;
}

void ClickRecorder::start() {
  // What cannot be written stays for the next time, and flush() has said so in the log.
  impl_->thread = std::make_unique<runtime::Periodic>("clicks", kFlushInterval,
                                                      [this] { static_cast<void>(flush()); });
}

base::Status ClickRecorder::stop() {
  if (impl_->thread) impl_->thread->stop();
  base::Status status = flush();
  for (int i = 1; i < kFlushesAtStop && !status.ok(); ++i) status = flush();
  if (!status.ok()) return status;
  const auto context = storage::Context::platform(storage::PlatformUse::kClickWriter);
  return impl_->db.write(
      context, [&](storage::Transaction& tx) { return store::forget_writer(tx, impl_->writer); });
}

base::Time ClickRecorder::flushed_until() const {
  return base::from_micros(impl_->flushed_until_micros.load());
}

std::int64_t ClickRecorder::detail_one_in() const { return impl_->detail_one_in; }

bool ClickRecorder::busy() const { return impl_->busy.load(); }

}  // namespace ashlar::links
