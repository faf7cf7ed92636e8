#include "platform/jobs/ending.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "platform/jobs/alarm.h"
#include "platform/jobs/job_metrics.h"
#include "platform/jobs/lease_store.h"
#include "platform/jobs/retry_plans.h"
#include "platform/jobs/waker.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::jobs {
namespace {

using store::Facts;
using store::GoOn;
using store::Move;
using store::Note;
using OutcomeKind = Outcome::Kind;
using RefKey = std::pair<std::int64_t, int>;

RefKey key_of(LeaseRef ref) { return {ref.id.value, ref.attempt}; }

constexpr std::int64_t micros(base::Millis time) { return base::Micros(time).count(); }

}  // namespace

std::int64_t rank_of(base::Time run_at, int priority) {
  return base::to_micros(run_at) - priority * base::Micros(kAgingStep).count();
}

std::string kept_text(std::string_view text) {
  text = text.substr(0, kMaxErrorBytes);
  // A sequence that the cut has broken, or that never was one.
  std::string kept(text);
  std::replace(kept.begin(), kept.end(), '\0', ' ');
  for (int cut = 0; cut < 4 && !base::is_utf8(kept) && !kept.empty(); ++cut) kept.pop_back();
  if (base::is_utf8(kept)) return kept;
  kept = text;
  for (char& c : kept) {
    if (static_cast<unsigned char>(c) >= 0x80 || c == '\0') c = '?';
  }
  return kept;
}

// One call's work, in the order in which it is written.
struct Ending::Batch {
  base::Time now{};
  std::map<RefKey, std::size_t> index;
  std::vector<bool> held;
  std::deque<std::string> texts;  // what the moves and the rest refer to
  std::vector<Move> moves;
  std::vector<GoOn> go_on;
  std::vector<store::Failure> failures;
  std::vector<Note> notes;
  std::vector<std::pair<std::string, OutcomeKind>> counts;
  std::set<std::string> ready;  // kinds
  base::Time due = base::Time::max();

  std::string_view keep(std::string_view text) {
    return text.empty() ? text : std::string_view(texts.emplace_back(kept_text(text)));
  }
  void hold(LeaseRef ref) {
    const auto found = index.find(key_of(ref));
    if (found != index.end()) held[found->second] = true;
  }
};

base::Result<std::vector<bool>> Ending::end(storage::Transaction& tx, base::Time now,
                                            std::span<const Ended> ended) {
  Batch batch;
  batch.now = now;
  batch.held.assign(ended.size(), false);
  bool any_go_on = false;
  for (std::size_t i = 0; i < ended.size(); ++i) {
    const Outcome& outcome = ended[i].outcome;
    if (!batch.index.emplace(key_of(ended[i].ref), i).second) continue;  // twice: the first counts
    switch (outcome.kind) {
      case OutcomeKind::kDone:
        batch.moves.push_back(
            {ended[i].ref, store::Ending::kDone, "", batch.keep(outcome.result), true, false});
        break;
      case OutcomeKind::kDead:
        batch.moves.push_back(
            {ended[i].ref, store::Ending::kDead, batch.keep(outcome.error), "", true, true});
        break;
      case OutcomeKind::kCancelled:
        batch.moves.push_back(
            {ended[i].ref, store::Ending::kCancelled, batch.keep(outcome.error), "", true, false});
        break;
      case OutcomeKind::kFailed:
      case OutcomeKind::kSnoozed:
        any_go_on = true;
    }
  }
  if (any_go_on) ASHLAR_TRY(go_on(tx, batch, ended));
  ASHLAR_TRY(move(tx, batch));
  ASHLAR_TRY(write(tx, batch));
  return std::move(batch.held);
}

base::Status Ending::go_on(storage::Transaction& tx, Batch& batch, std::span<const Ended> ended) {
  std::vector<LeaseRef> refs;
  for (const auto& [key, i] : batch.index) {
    const OutcomeKind kind = ended[i].outcome.kind;
    if (kind == OutcomeKind::kFailed || kind == OutcomeKind::kSnoozed) refs.push_back(ended[i].ref);
  }
  ASHLAR_ASSIGN(const std::vector<Facts> facts, store::leased_facts(tx, dialect_, refs));
  for (const Facts& one : facts) {
    const LeaseRef ref{one.id, static_cast<int>(one.attempt)};
    const std::size_t i = batch.index.at(key_of(ref));
    decide(batch, one, ended[i]);
  }
  return base::ok_status();
}

void Ending::decide(Batch& batch, const Facts& facts, const Ended& ended) {
  const bool failed = ended.outcome.kind == OutcomeKind::kFailed;
  const std::string_view error = batch.keep(ended.outcome.error);
  if (facts.cancel_asked) {
    batch.moves.push_back({ended.ref, store::Ending::kCancelled, error, "", true, failed});
    return;
  }
  if (failed && facts.attempt >= facts.max_attempts) {
    batch.moves.push_back({ended.ref, store::Ending::kDead, error, "", true, true});
    return;
  }
  const std::int64_t now = base::to_micros(batch.now);
  GoOn next{ended.ref, Phase::kReady, facts.run_at, 0, facts.max_attempts, error};
  const std::int64_t wanted =
      ended.outcome.run_at.has_value() ? base::to_micros(*ended.outcome.run_at) : 0;
  if (failed) {
    const std::int64_t failures = facts.attempt - (facts.max_attempts - facts.budget);
    next.run_at = std::max(now + micros(plans_.delay(facts.kind, failures, facts.retry)), wanted);
    batch.failures.push_back({ended.ref, facts.tenant, facts.started_at, now, error});
  } else {
    ++next.max_attempts;  // attempt only grows: the bound gives it back
    if (wanted > now) next.run_at = wanted;
  }
  next.rank = rank_of(base::from_micros(next.run_at), static_cast<int>(facts.priority));
  if (next.run_at > now) {
    next.phase = Phase::kLater;
    batch.due = std::min(batch.due, base::from_micros(next.run_at));
    if (facts.key.has_value() && !facts.ordered) {
      batch.notes.push_back(
          {Note::What::kKeyFree, facts.tenant, facts.kind, facts.queue, *facts.key, 0});
      batch.ready.insert(facts.kind);
    }
  } else {
    batch.ready.insert(facts.kind);
  }
  if (facts.counted) {
    batch.notes.push_back({Note::What::kRunningFree, facts.tenant, facts.kind, facts.queue, "", 0});
    batch.ready.insert(facts.kind);
  }
  batch.go_on.push_back(next);
  batch.counts.emplace_back(facts.kind, ended.outcome.kind);
  batch.hold(ended.ref);
}

base::Status Ending::move(storage::Transaction& tx, Batch& batch) {
  std::map<RefKey, OutcomeKind> kinds;
  for (const Move& one : batch.moves) {
    constexpr std::array kBecomes{OutcomeKind::kDone, OutcomeKind::kDead, OutcomeKind::kCancelled};
    kinds[key_of(one.ref)] = kBecomes[static_cast<std::size_t>(one.ending)];
  }
  return store::move_to_history(
      tx, dialect_, batch.now, batch.moves, [&](const store::Moved& moved) {
        batch.hold(moved.ref);
        batch.counts.emplace_back(moved.kind, kinds[key_of(moved.ref)]);
        const bool admitted =
            moved.phase == Phase::kReady || (moved.ordered && moved.phase == Phase::kLater);
        if (moved.key.has_value() && (admitted || moved.phase == Phase::kHeld)) {
          // A held one that goes had no place: settle() only looks at its key again.
          batch.notes.push_back({admitted ? Note::What::kKeyFree : Note::What::kHeld, moved.tenant,
                                 moved.kind, moved.queue, *moved.key, 0});
          batch.ready.insert(moved.kind);
        }
        if (moved.counted) {
          batch.notes.push_back(
              {Note::What::kRunningFree, moved.tenant, moved.kind, moved.queue, "", 0});
          batch.ready.insert(moved.kind);
        }
      });
}

base::Status Ending::write(storage::Transaction& tx, Batch& batch) {
  ASHLAR_TRY(store::give_back(tx, dialect_, batch.go_on));
  ASHLAR_TRY(store::record_failures(tx, dialect_, batch.failures));
  ASHLAR_TRY(store::add_notes(tx, dialect_, batch.notes));
  tx.on_commit([this, ready = std::move(batch.ready), counts = std::move(batch.counts),
                due = batch.due] {
    for (std::size_t i = 0; i < counts.size();) {
      std::size_t same = i + 1;
      while (same < counts.size() && counts[same] == counts[i]) ++same;
      metrics_.of(counts[i].first).ended[static_cast<std::size_t>(counts[i].second)]->add(same - i);
      i = same;
    }
    for (const std::string& kind : ready) waker_.wake(kind);
    if (due != base::Time::max()) alarm_.at(due);
  });
  return base::ok_status();
}

base::Status Ending::cancel(storage::Transaction& tx, base::Time now, const Facts& facts) {
  Batch batch;
  batch.now = now;
  batch.moves.push_back({{facts.id, static_cast<int>(facts.attempt)},
                         store::Ending::kCancelled,
                         "",
                         "",
                         false,
                         false});
  ASHLAR_TRY(move(tx, batch));
  return write(tx, batch);
}

base::Result<std::vector<bool>> Ending::take_found(storage::Transaction& tx, base::Time now,
                                                   std::span<const Found> found) {
  Batch batch;
  batch.now = now;
  std::vector<bool> may_run;
  for (const Found& one : found) {
    batch.failures.push_back({{one.ref.id, one.ref.attempt - 1},
                              one.tenant,
                              one.lost_started_at,
                              one.lost_until,
                              kRanOut});
    const bool last = one.ref.attempt > one.max_attempts;
    may_run.push_back(!last && !one.cancel_asked);
    if (may_run.back()) continue;
    const auto ending = one.cancel_asked ? store::Ending::kCancelled : store::Ending::kDead;
    batch.moves.push_back({one.ref, ending, kRanOut, "", true, false});
  }
  ASHLAR_TRY(move(tx, batch));
  ASHLAR_TRY(write(tx, batch));
  return may_run;
}

base::Status Ending::take_lost(storage::Transaction& tx, base::Time now,
                               std::span<const Facts> lost) {
  Batch batch;
  batch.now = now;
  std::vector<LeaseRef> back;
  std::vector<std::string> kinds;
  for (const Facts& one : lost) {
    const LeaseRef ref{one.id, static_cast<int>(one.attempt)};
    kinds.push_back(one.kind);
    batch.failures.push_back({ref, one.tenant, one.started_at, one.lease_until, kRanOut});
    if (one.cancel_asked || one.attempt >= one.max_attempts) {
      const auto ending = one.cancel_asked ? store::Ending::kCancelled : store::Ending::kDead;
      batch.moves.push_back({ref, ending, kRanOut, "", true, false});
      continue;
    }
    back.push_back(ref);
    batch.ready.insert(one.kind);
    if (one.counted) {
      batch.notes.push_back({Note::What::kRunningFree, one.tenant, one.kind, one.queue, "", 0});
    }
  }
  ASHLAR_TRY(move(tx, batch));
  ASHLAR_TRY(store::put_back(tx, dialect_, back));
  ASHLAR_TRY(write(tx, batch));
  tx.on_commit([this, kinds = std::move(kinds)] {
    for (const std::string& kind : kinds) metrics_.of(kind).lease_ran_out.add();
  });
  return base::ok_status();
}

}  // namespace ashlar::jobs
