// Job: a piece of work that is done later, at least once, by whoever leases it.
//
//           enqueue             lease             end: done
//   (none) ─────────> [ready] ─────────> [running] ─────────────────> (history: done)
//      │               ^  ^                │ │ │ │
//      │ run_at:       │  └── ran out ─────┘ │ │ ├─ failed, no attempt left, dead ─> (history:
//      dead) │ later         │ due                 │ │ └─ cancelled ──────────> (history:
//      cancelled) ├──────────> [later] <────────────────┤ │ │               │       failed        │
//      snoozed: [later], with one attempt more │ key has       v └─ no place ─> [held] ── place
//      free ──> [ready]
//   cancel: from [ready], [later], [held] at once; from [running] at its worker's word.
//   redrive: (history) ──> [ready] or [held].
//
// Whose job it is: (tenant, kind, queue). `kind` names the handler that works it (a runner of this
// process, or pull workers); `queue` divides a tenant's jobs of one kind, and carries the settings
// pause, max_running and rate (QueueSettings, jobs.h).
//
// Invariants
//  1. attempt only grows, also by redrive: (id, attempt) names one lease for ever. Whoever acts on
//     a lease gives both; where the attempt is another one by now, nothing happens (kConflict
//     lease_lost). A lease that ran out and was not taken by another may still be acted on.
//  2. A lease makes attempt one higher and commits before the job is handed out.
//  3. Of those with the same (tenant, kind, queue, unique_key) one lives at a time; the database
//     keeps that (a unique index over live jobs).
//  4. Of those with the same (tenant, kind, queue, key) at most key_limit are ready or running;
//     with key_limit 1 and `ordered`, they run in the order of their enqueueing, and one that waits
//     for its next attempt keeps its place.
//  5. Order otherwise: by rank = run_at - priority * kAgingStep, then id. So a priority is worth
//     kAgingStep of waiting per level, and nothing waits for ever.
//  6. Live jobs are rows of `jobs`, ended ones of `job_history`; never both.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/strong_id.h"
#include "base/time.h"

namespace ashlar::jobs {

using JobId = base::StrongId<struct JobTag>;

inline constexpr base::Seconds kAgingStep{30};
inline constexpr int kMinPriority = -100;  // 0 unless given; higher goes first
inline constexpr int kMaxPriority = 100;
inline constexpr std::size_t kMaxPayloadBytes = 256 * 1024;
inline constexpr std::size_t kMaxNameBytes = 128;    // kind, queue
inline constexpr std::size_t kMaxKeyBytes = 255;     // unique_key, key
inline constexpr std::size_t kMaxErrorBytes = 2048;  // of an error that is kept; longer is cut
inline constexpr int kMaxAttempts = 1000;

struct NewJob {
  std::string kind;
  std::string queue = "default";
  std::string payload;  // UTF-8, JSON by convention: what the worker gets
  std::string meta;     // UTF-8, "" or a JSON object: what the kind keeps beside it
  int priority = 0;
  std::optional<base::Time> run_at;  // none or past: now
  std::optional<std::string> unique_key;
  std::optional<std::string> key;  // of concurrency or order
  std::int64_t key_limit = 1;      // where jobs of a key differ, the newest one's holds
  bool ordered = false;
  int max_attempts = 25;
  base::Millis timeout{60'000};  // of one attempt; there is always one
  std::string traceparent;
};

struct Enqueued {
  JobId id;
  bool existed = false;  // by unique_key: `id` is the one that lives; nothing was written
};

// One lease: what a worker acts on.
struct LeaseRef {
  JobId id;
  int attempt = 0;
};

struct LeasedJob {
  LeaseRef ref;
  base::TenantId tenant;
  std::string kind;
  std::string queue;
  std::string payload;
  std::string meta;
  int max_attempts = 0;
  int failures = 0;  // attempts before this one that failed or were lost: snoozes are none
  base::Millis timeout{0};
  base::Time enqueued_at{};
  base::Time run_at{};
  base::Time lease_until{};
  std::optional<std::string> unique_key;
  std::optional<std::string> key;
  std::string traceparent;
};

enum class Phase : std::uint8_t { kReady, kLater, kHeld };
enum class JobState : std::uint8_t {
  kReady,
  kScheduled,
  kHeld,
  kRunning,
  kRetrying,  // live; later, since an attempt has failed
  kDone,
  kDead,
  kCancelled  // history
};

// What became of an attempt.
struct Outcome {
  enum class Kind : std::uint8_t { kDone, kFailed, kDead, kSnoozed, kCancelled };
  Kind kind = Kind::kDone;
  std::string error;                 // kFailed, kDead: for the person who looks
  std::string result;                // kDone: UTF-8, kept in history; at most kMaxErrorBytes
  std::optional<base::Time> run_at;  // kFailed: earliest next attempt (Retry-After); kSnoozed: when

  static Outcome done(std::string result = {}) { return {Kind::kDone, {}, std::move(result), {}}; }
  static Outcome failed(std::string error, std::optional<base::Time> at = {}) {
    return {Kind::kFailed, std::move(error), {}, at};
  }
  static Outcome dead(std::string error) { return {Kind::kDead, std::move(error), {}, {}}; }
  static Outcome snoozed(base::Time until) { return {Kind::kSnoozed, {}, {}, until}; }
  static Outcome cancelled() { return {Kind::kCancelled, {}, {}, {}}; }
};

// A failed attempt, as kept.
struct AttemptRecord {
  int attempt = 0;
  base::Time started_at{};
  base::Time ended_at{};
  std::string error;  // "lease ran out" where nobody reported
};

// A job, live or ended, as a person sees it.
struct JobView {
  JobId id;
  base::TenantId tenant;
  JobState state = JobState::kReady;
  std::string kind, queue, payload, meta, error, result;
  int priority = 0, attempt = 0, max_attempts = 0;
  int failures = 0;  // attempts that failed or were lost, of all its lives
  base::Millis timeout{0};
  base::Time enqueued_at{}, run_at{};
  std::optional<base::Time> started_at, ended_at, lease_until;
  std::optional<std::string> unique_key, key;
  bool cancel_asked = false;
  std::vector<AttemptRecord> attempts;  // find() only
};

}  // namespace ashlar::jobs
