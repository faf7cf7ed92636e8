// CampaignChunkStore: every line of SQL about the chunks of campaigns: who is in them, what became
// of those, and whose turn it is.
//
//   insert ──> [idle] ── feed_chunk ──> [fed] ── save: later ──> [later] ── its time: take ──>
//   [fed]
//                ^                        │  └── save: done ───> [done] ── mark_retries ──> [idle]
//                └── save: idle (paused) ─┘
//   fed, later: a job of kind kCampaignChunkJob is alive. [later] holds up no other one.
//
// Promises
//  1. take_chunk() gives a fence: whoever saves gives it back, and where the chunk has been taken
//     again meanwhile nothing is written (kConflict chunk_lost).
//  2. What is written of outcomes and the numbers that are added up of them commit together;
//  reports
//     have columns of their own, so who saves the one loses nothing of the other.
//
// Functions run in the caller's transaction, for its tenant. Stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/campaigns/campaign.h"
#include "modules/notifications/campaigns/campaign_member.h"
#include "modules/notifications/campaigns/campaign_outcomes.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::notifications {

enum class ChunkState : std::uint8_t { kIdle = 0, kFed = 1, kLater = 2, kDone = 3 };

struct ChunkRef {
  CampaignId campaign;
  std::int64_t no = 0;  // from 1

  friend bool operator==(const ChunkRef&, const ChunkRef&) = default;
};

// One feeding of a chunk: what its job says. A job that a crash has left behind, of an earlier
// feeding, is known by it.
struct FedChunk {
  ChunkRef ref;
  std::int64_t feed = 0;
};
std::string to_payload(const FedChunk& fed);
std::optional<FedChunk> fed_chunk_of(std::string_view payload);

namespace store {

// --- Planning, feeding ---

// The members' variants are counted from the beginning.
base::Status insert_chunk(storage::Transaction& tx, const Campaign& campaign, std::int64_t no,
                          std::span<const Member> members);
// The first idle one is fed now. nullopt: none is idle.
base::Result<std::optional<FedChunk>> feed_chunk(storage::Transaction& tx, CampaignId id);
// Fed ones, `limit` at most.
base::Result<std::int64_t> count_fed(storage::Transaction& tx, CampaignId id, std::int64_t limit);
base::Result<bool> all_done(storage::Transaction& tx, CampaignId id);
// Done, idle and later ones in which somebody failed for certain (or at all): when they are taken
// next, those go again. How many chunks.
base::Result<std::int64_t> mark_retries(storage::Transaction& tx, CampaignId id, bool unknown_too);

// --- Working one ---

struct TakenChunk {
  std::int64_t fence = 0;
  std::size_t members = 0;
  // What mark_retries() asked for since: 0 nothing, 1 those that failed for certain, 2 all. Whoever
  // takes it calls CampaignOutcomes::retry_failed() before anything else; the first save tells that
  // it is done.
  int retry = 0;
};
// For a job that begins: a fed or later one. nullopt: it is done, idle or gone, or was fed again
// since (another job has it): this job ends.
base::Result<std::optional<TakenChunk>> take_chunk(storage::Transaction& tx, const FedChunk& fed);

struct LoadedChunk {
  ChunkState state = ChunkState::kIdle;
  std::vector<Member> members;
  CampaignOutcomes outcomes;
  CampaignReports reports;
};
base::Result<std::optional<LoadedChunk>> load_chunk(storage::Transaction& tx, ChunkRef ref);

struct ChunkSave {
  ChunkRef ref;
  std::int64_t fence = 0;
  ChunkState state = ChunkState::kFed;
  std::optional<base::Time> next_at = {};
};
// `variants`: of each member, as variants_of() says. kConflict chunk_lost.
base::Status save_chunk(storage::Transaction& tx, const ChunkSave& save,
                        const CampaignOutcomes& outcomes, std::span<const int> variants,
                        std::size_t variant_count);
// variant_of() each; empty where the campaign has none.
std::vector<int> variants_of(const Campaign& campaign, std::span<const Member> members);

// Idle and later ones: nobody works them. By number, after `after`.
base::Result<std::vector<std::int64_t>> list_resting(storage::Transaction& tx, CampaignId id,
                                                     std::int64_t after, std::int64_t limit);
// One of those, as if taken: whoever's job wakes up later finds another fence.
base::Result<std::optional<TakenChunk>> take_resting(storage::Transaction& tx, ChunkRef ref);

// --- Reports ---

// Holds the chunk's row until the commit; nullopt: no such chunk, or not the tenant's.
base::Result<std::optional<CampaignReports>> lock_reports(storage::Transaction& tx, ChunkRef ref);
// REQUIRES: lock_reports() in this transaction.
base::Status save_reports(storage::Transaction& tx, ChunkRef ref, const CampaignReports& reports,
                          std::span<const int> variants, std::size_t variant_count);

// --- Looking ---

// Of all chunks, exactly.
base::Result<CampaignCounts> count_campaign(storage::Transaction& tx, CampaignId id);
// The same with reasons and variants: reads more. Reports are in.
base::Result<CampaignOutcomes::Tally> tally_campaign(storage::Transaction& tx, CampaignId id,
                                                     std::size_t variant_count);
// In which chunk the key would be. nullopt: before all of them.
base::Result<std::optional<std::int64_t>> chunk_of_key(storage::Transaction& tx, CampaignId id,
                                                       std::string_view key);
enum class ChunkInterest : std::uint8_t { kAny, kWaiting, kSent, kSkipped, kFailed };
// The first chunk from `from` on that has such members.
base::Result<std::optional<std::int64_t>> next_chunk(storage::Transaction& tx, CampaignId id,
                                                     std::int64_t from, ChunkInterest interest);

std::span<const storage::Sql* const> campaign_chunk_statements();

}  // namespace store
}  // namespace ashlar::notifications
