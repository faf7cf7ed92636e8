#include "modules/payments/reconcile/reconciliations.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/payments/ledger/book_writer.h"
#include "modules/payments/reconcile/reconcile_events.h"
#include "modules/payments/reconcile/reconcile_store.h"
#include "modules/payments/reconcile/suspense.h"
#include "platform/security/digest.h"
#include "platform/storage/database.h"

namespace ashlar::payments::reconcile {
namespace {

using base::Code;
using base::fail;
using storage::Context;
using storage::Transaction;

constexpr std::size_t kStep = 500;  // matched lines of one commit
constexpr std::int64_t kOldestDays = 400;
constexpr std::array<std::string_view, 3> kResolutions{"written_off", "corrected", "explained"};

base::Status check_asked(const Asked& asked, Day today) {
  const bool named =
      !asked.provider.empty() && asked.provider.size() <= 32 &&
      std::ranges::all_of(asked.provider, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
      });
  if (!named) {
    return fail(Code::kInvalid, "provider_invalid", "The provider's name is none that can be.");
  }
  if (asked.day > today || days_between(asked.day, today) > kOldestDays) {
    return fail(Code::kInvalid, "day_invalid",
                "The day is still to come, or more than 400 days ago.");
  }
  return base::ok_status();
}

bool was_over(const Run& run) { return run.at >= start_of(run.day + std::chrono::days{1}); }

// Whether the day's run may give way to another statement.
base::Status check_replaceable(Transaction& tx, const Run& before, bool replace) {
  if (!replace && was_over(before)) {
    return fail(Code::kConflict, "statement_differs",
                "The day was reconciled with another statement (" + before.id +
                    "); replace=true takes this one instead.");
  }
  ASHLAR_ASSIGN(const std::vector<Item> resolved,
                store::list_items(tx, before.id, {.state = ItemState::kResolved}, 0,
                                  static_cast<std::int64_t>(Reconciliations::kMaxBreaks)));
  const bool settled = std::ranges::any_of(
      resolved, [](const Item& item) { return item.resolution == "written_off"; });
  if (settled) {
    return fail(Code::kConflict, "reconciliation_settled",
                "A break of " + before.id + " was written off, so it cannot be replaced.");
  }
  return base::ok_status();
}

// The writer's unit of a run: each part of it, on the unit's own rows.
class Finish {
 public:
  Finish(ledger::Booking& booking, const Run& run) : booking_(booking), run_(run) {}

  base::Status check_running() {
    ASHLAR_ASSIGN(const auto found, store::find_run(booking_.tx(), run_.id));
    if (!found || found->state != RunState::kRunning || found->at != run_.at) {
      return fail(Code::kConflict, "reconciliation_running",
                  "Somebody else has begun this reconciliation meanwhile.");
    }
    return base::ok_status();
  }

  // Takes back what the run has booked, and opens again what it had closed of earlier ones.
  base::Status replace(Run before) {
    Transaction& tx = booking_.tx();
    ASHLAR_ASSIGN(std::vector<Item> open,
                  store::list_items(tx, before.id, {.state = ItemState::kOpen}, 0,
                                    static_cast<std::int64_t>(Reconciliations::kMaxBreaks)));
    for (Item& item : open) {
      suspense_.put(item, 0);
      ASHLAR_TRY(store::update_item(tx, item));
    }
    ASHLAR_TRY(store::mark_replaced(tx, before.id));
    ASHLAR_ASSIGN(std::vector<Item> closed, store::appeared_by(tx, before.provider, before.id));
    for (Item& item : closed) {
      item.state = ItemState::kOpen;
      item.resolution.clear();
      item.resolved_run.clear();
      item.resolved_at.reset();
      ASHLAR_TRY(store::update_item(tx, item));
      ASHLAR_TRY(store::add_open(tx, item.run, 1));
    }
    before.state = RunState::kReplaced;
    before.open = 0;
    return store::update_run(tx, before);
  }

  // Of earlier runs; what a person has settled meanwhile stays as it is.
  base::Status change(std::span<const Item> changed) {
    Transaction& tx = booking_.tx();
    for (const Item& wanted : changed) {
      ASHLAR_ASSIGN(const auto now, store::find_item(tx, wanted.run, wanted.no));
      if (!now || now->state != ItemState::kOpen) continue;
      Item item = wanted;
      item.suspense = now->suspense;
      item.bookings = now->bookings;
      suspense_.put(item, item.due_in_suspense());
      ASHLAR_TRY(store::update_item(tx, item));
      if (item.state != ItemState::kOpen) ASHLAR_TRY(store::add_open(tx, item.run, -1));
    }
    return base::ok_status();
  }

  base::Status add(std::span<const Item> items) {
    for (const Item& one : items) {
      if (!one.is_break()) continue;
      Item item = one;
      suspense_.put(item, item.due_in_suspense());
      ASHLAR_TRY(store::insert_item(booking_.tx(), item));
    }
    return base::ok_status();
  }

  base::Status end() {
    ASHLAR_TRY(suspense_.book(booking_));
    return store::update_run(booking_.tx(), run_);
  }

 private:
  ledger::Booking& booking_;
  const Run& run_;
  Suspense suspense_;
};

}  // namespace

std::optional<Resolution> resolution_of(std::string_view name) {
  for (std::size_t i = 0; i < kResolutions.size(); ++i) {
    if (kResolutions[i] == name) return static_cast<Resolution>(i);
  }
  return std::nullopt;
}

Day Reconciliations::today() const { return day_of(clock_.now()); }

base::Result<Ran> Reconciliations::run(const Asked& asked) {
  ASHLAR_TRY(check_asked(asked, today()));
  const StatementFormat format = asked.format.value_or(guess_format(asked.statement));
  ASHLAR_ASSIGN(const Statement statement, read_statement(format, asked.statement));

  Run run;
  run.provider = asked.provider;
  run.day = asked.day;
  run.format = format;
  run.hash = security::sha256(asked.statement);
  run.statement_id = statement.id;
  run.by = asked.by;
  run.at = clock_.now();
  ASHLAR_ASSIGN(const std::optional<Run> before, begin(asked, run));
  if (before && before->hash == run.hash) return Ran{*before, false};

  const auto work = [&]() -> base::Status {
    ASHLAR_ASSIGN(const Plan made, plan(asked, run, statement, before ? before->id : ""));
    run.state = RunState::kDone;
    run.items = static_cast<std::int64_t>(made.items.size());
    run.breaks = std::ranges::count_if(made.items, &Item::is_break);
    run.open = run.breaks;
    run.totals = made.totals;
    ASHLAR_TRY(write_matched(asked, made));
    return finish(asked, run, made, before);
  };
  const base::Status worked = work();
  if (!worked.ok()) {
    // Otherwise the next one waits until it counts as dead.
    const base::Status given_up = give_up(asked, run);
    return given_up.ok() ? worked.error() : given_up.error();
  }
  return Ran{std::move(run), true};
}

// The run that is to be replaced, or that is the answer (its hash is `run`'s).
base::Result<std::optional<Run>> Reconciliations::begin(const Asked& asked, Run& run) {
  return db_.write(
      Context::tenant(asked.tenant), [&](Transaction& tx) -> base::Result<std::optional<Run>> {
        ASHLAR_ASSIGN(std::optional<Run> before, store::latest_run(tx, asked.provider, asked.day));
        if (before && before->state == RunState::kRunning) {
          if (run.at - before->at < kRunningFor) {
            return fail(Code::kConflict, "reconciliation_running",
                        "A reconciliation of this provider and day is under way.");
          }
          ASHLAR_TRY(store::delete_run(tx, before->id));
          ASHLAR_ASSIGN(before, store::latest_run(tx, asked.provider, asked.day));
        }
        if (before && before->hash == run.hash) return before;
        if (before) ASHLAR_TRY(check_replaceable(tx, *before, asked.replace));
        run.version = before ? before->version + 1 : 1;
        run.id = run_id(run.provider, run.day, run.version);
        ASHLAR_ASSIGN(const bool mine, store::insert_run(tx, run));
        if (!mine) {
          return fail(Code::kConflict, "reconciliation_running",
                      "A reconciliation of this provider and day is under way.");
        }
        return before;
      });
}

base::Result<Plan> Reconciliations::plan(const Asked& asked, const Run& run,
                                         const Statement& statement, const std::string& replaced) {
  const std::chrono::days around{rules_.tolerated_days};
  Before before;
  ASHLAR_TRY(db_.read(Context::tenant(asked.tenant), [&](Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(std::vector<OurLine> lines,
                  ours_(tx, run.provider, run.day - around, run.day + around));
    ASHLAR_ASSIGN(
        const std::set<std::string> claimed,
        store::claimed_entries(tx, run.provider, run.day - around, run.day + around, replaced));
    std::erase_if(lines, [&](const OurLine& line) { return claimed.contains(line.entry); });
    before.ours = std::move(lines);
    ASHLAR_ASSIGN(before.open_missing,
                  store::open_with(tx, run.provider, Outcome::kMissing, replaced, kMaxCarried));
    ASHLAR_ASSIGN(before.open_extra,
                  store::open_with(tx, run.provider, Outcome::kExtra, replaced, kMaxCarried));
    // What the run that goes has closed is open again.
    ASHLAR_ASSIGN(std::vector<Item> closed, store::appeared_by(tx, run.provider, replaced));
    for (Item& item : closed) before.open_missing.push_back(std::move(item));
    return base::ok_status();
  }));
  Plan plan = plan_run(run, statement, before, rules_);
  const auto breaks = std::ranges::count_if(plan.items, &Item::is_break);
  if (static_cast<std::size_t>(breaks) > kMaxBreaks) {
    return fail(Code::kConflict, "too_many_breaks",
                std::to_string(breaks) + " lines do not match: is this the statement of " +
                    run.provider + " of " + format_day(run.day) + "? Nothing was booked.");
  }
  return plan;
}

base::Status Reconciliations::write_matched(const Asked& asked, const Plan& plan) {
  std::vector<const Item*> matched;
  for (const Item& item : plan.items) {
    if (!item.is_break()) matched.push_back(&item);
  }
  for (std::size_t at = 0; at < matched.size(); at += kStep) {
    const std::size_t end = std::min(at + kStep, matched.size());
    ASHLAR_TRY(db_.write(Context::tenant(asked.tenant), [&](Transaction& tx) -> base::Status {
      for (std::size_t i = at; i < end; ++i) ASHLAR_TRY(store::insert_item(tx, *matched[i]));
      return base::ok_status();
    }));
  }
  return base::ok_status();
}

base::Status Reconciliations::finish(const Asked& asked, const Run& run, const Plan& plan,
                                     const std::optional<Run>& replaced) {
  return writer_.run(asked.tenant, [&](ledger::Booking& booking) -> base::Status {
    Finish unit(booking, run);
    ASHLAR_TRY(unit.check_running());
    if (replaced) ASHLAR_TRY(unit.replace(*replaced));
    ASHLAR_TRY(unit.change(plan.changed));
    ASHLAR_TRY(unit.add(plan.items));
    ASHLAR_TRY(unit.end());
    return publish_finished(outbox_, booking.tx(), run);
  });
}

base::Status Reconciliations::give_up(const Asked& asked, const Run& run) {
  return db_.write(Context::tenant(asked.tenant),
                   [&](Transaction& tx) { return store::delete_run(tx, run.id); });
}

namespace {

base::Status check_fit(const Item& item, Resolution how) {
  if (item.state != ItemState::kOpen) {
    return fail(Code::kConflict, "break_resolved", "This is no open break (any more).");
  }
  const bool fit = how == Resolution::kWrittenOff
                       ? item.difference() != 0
                       : (how == Resolution::kExplained) == (item.suspense == 0);
  if (fit) return base::ok_status();
  return fail(Code::kConflict, "resolution_unfit",
              item.suspense != 0 ? "Money of it lies in suspense: write it off or correct it."
                                 : "Nothing of it lies in suspense: explain it or write it off.");
}

}  // namespace

base::Result<Item> Reconciliations::resolve(const Settled& settled) {
  // Shared with the unit, which may run more than once.
  Item item;
  const base::Status done =
      writer_.run(settled.tenant, [&](ledger::Booking& booking) -> base::Status {
        Transaction& tx = booking.tx();
        ASHLAR_ASSIGN(const auto found, store::find_item(tx, settled.run, settled.no));
        if (!found) return fail(Code::kNotFound, "break_not_found", "There is no such break.");
        item = *found;
        ASHLAR_TRY(check_fit(item, settled.how));
        Suspense suspense;
        if (settled.how == Resolution::kWrittenOff) suspense.write_off(item);
        if (settled.how == Resolution::kCorrected) suspense.put(item, 0);
        item.state = ItemState::kResolved;
        item.resolution = kResolutions[static_cast<std::size_t>(settled.how)];
        item.note = settled.note;
        item.by = settled.by;
        item.resolved_at = booking.now();
        ASHLAR_TRY(store::update_item(tx, item));
        ASHLAR_TRY(store::add_open(tx, item.run, -1));
        ASHLAR_TRY(suspense.book(booking));
        return publish_resolved(outbox_, tx, item);
      });
  if (!done.ok()) return done.error();
  return item;
}

}  // namespace ashlar::payments::reconcile
