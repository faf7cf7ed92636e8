// Reconciliation: one run: a provider's statement of one day held against what we have recorded.
//
//   running ──finish()──> done ──replace: another statement for the day──> replaced
//      └── its process died ──> begun again by the next that asks
//
// Break: an item of a run whose outcome is not `matched`.
//
//   open ──resolve(): a person──> resolved
//    ├── a later statement has what was missing ──> resolved (appeared)
//    ├── we have recorded what was extra ──> resolved (recorded), or an open break of the
//    difference └── its run is replaced ──> replaced
//
// What a statement moved beyond what we have lies in the suspense account while the break is open,
// against the provider's account. `suspense` is that amount; it is 0 for what is missing, where no
// line has moved anything.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "modules/payments/reconcile/match.h"

namespace ashlar::payments::reconcile {

enum class RunState : std::uint8_t { kRunning = 0, kDone = 1, kReplaced = 2 };
enum class ItemState : std::uint8_t { kNone = 0, kOpen = 1, kResolved = 2, kReplaced = 3 };

struct Run {
  std::string id;  // "rec_sandbox_20261121", the second version "rec_sandbox_20261121.2"
  std::string provider;
  Day day{};
  std::int64_t version = 1;
  RunState state = RunState::kRunning;
  StatementFormat format = StatementFormat::kCsv;
  std::string hash;          // SHA-256 of the statement's bytes
  std::string statement_id;  // the provider's number of it
  std::string by;            // who asked: "key 12", "the administrator", "the nightly job"
  std::int64_t items = 0, breaks = 0, open = 0;
  std::map<std::string, Totals> totals;  // by currency
  base::Time at{};
};

// One side of an item.
struct Half {
  Money amount = 0, fee = 0;
  Day day{};
  [[nodiscard]] Money net() const { return amount - fee; }
  friend bool operator==(const Half&, const Half&) = default;
};

struct Item {
  std::string run;
  std::int64_t no = 0;  // from 1
  std::string provider;
  Day day{};  // of the run
  Outcome outcome = Outcome::kMatched;
  ItemState state = ItemState::kNone;
  LineKind kind = LineKind::kOther;
  std::string reference, currency, description;
  std::string payment, object, entry;  // of ours
  std::optional<Half> ours, theirs;
  std::int64_t row = 0;       // where the statement has it
  Money suspense = 0;         // lies there now
  std::int64_t bookings = 0;  // transfers that were made for it
  std::string resolution;     // "appeared", "recorded", "written_off", "corrected", "explained"
  std::string resolved_run;   // of "appeared" and "recorded": by which run
  std::string note, by;
  std::optional<base::Time> resolved_at;

  [[nodiscard]] bool is_break() const { return outcome != Outcome::kMatched; }
  // The statement's net less ours.
  [[nodiscard]] Money difference() const {
    return (theirs ? theirs->net() : 0) - (ours ? ours->net() : 0);
  }
  // What of it belongs into suspense while it is open.
  [[nodiscard]] Money due_in_suspense() const {
    return theirs && state == ItemState::kOpen ? difference() : 0;
  }
};

// Provider names are [a-z0-9_-]. "rec_sandbox_20261121", with ".2" from the second version on.
std::string run_id(std::string_view provider, Day day, std::int64_t version);

}  // namespace ashlar::payments::reconcile
