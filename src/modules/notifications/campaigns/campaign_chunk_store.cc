#include "modules/notifications/campaigns/campaign_chunk_store.h"

#include <array>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {

std::string to_payload(const FedChunk& fed) {
  std::string text;
  json::Writer w(text);
  w.begin_object().key("campaign").string(fed.ref.campaign.to_string());
  w.key("chunk").integer(fed.ref.no).key("feed").integer(fed.feed).end_object();
  return text;
}

std::optional<FedChunk> fed_chunk_of(std::string_view payload) {
  const base::Result<json::Value> value = json::parse(payload);
  if (!value.ok()) return std::nullopt;
  const json::Value* campaign = value->find("campaign");
  const json::Value* chunk = value->find("chunk");
  const json::Value* feed = value->find("feed");
  if (campaign == nullptr || campaign->if_string() == nullptr || chunk == nullptr ||
      chunk->if_integer() == nullptr || feed == nullptr || feed->if_integer() == nullptr) {
    return std::nullopt;
  }
  const std::string& id = *campaign->if_string();
  FedChunk fed{.ref = {{}, *chunk->if_integer()}, .feed = *feed->if_integer()};
  const auto read = std::from_chars(id.data(), id.data() + id.size(), fed.ref.campaign.value);
  if (read.ec != std::errc() || read.ptr != id.data() + id.size()) return std::nullopt;
  return fed;
}

namespace store {
namespace {

using storage::Audience;
using storage::Blob;
using storage::Param;
using storage::Row;
using storage::Sql;

// States in the statements: idle 0, fed 1, later 2, done 3.
static_assert(static_cast<int>(ChunkState::kDone) == 3);
#define CHUNK " WHERE tenant_id = :tenant AND campaign_id = ?1 AND no = ?2"

constexpr Sql kInsert{
    Audience::kTenant,
    "INSERT INTO notifications_campaign_chunks (campaign_id, no, tenant_id, first_key, members,"
    " tally) VALUES (?1, ?2, :tenant, ?3, ?4, ?5)"};
constexpr Sql kInsertMembers{
    Audience::kTenant,
    "INSERT INTO notifications_campaign_members (campaign_id, no, tenant_id, members)"
    " VALUES (?1, ?2, :tenant, ?3)"};
constexpr Sql kInsertOutcomes{
    Audience::kTenant,
    "INSERT INTO notifications_campaign_outcomes (campaign_id, no, tenant_id)"
    " VALUES (?1, ?2, :tenant)"};

constexpr Sql kFeed{
    Audience::kTenant,
    "UPDATE notifications_campaign_chunks SET state = 1, feed = feed + 1 WHERE tenant_id = :tenant"
    " AND campaign_id = ?1 AND state = 0 AND no = (SELECT no FROM notifications_campaign_chunks"
    " WHERE tenant_id = :tenant AND campaign_id = ?1 AND state = 0 ORDER BY no LIMIT 1)"
    " RETURNING no, feed"};
constexpr Sql kCountFed{
    Audience::kTenant,
    "SELECT count(*) FROM (SELECT no FROM notifications_campaign_chunks WHERE tenant_id = :tenant"
    " AND campaign_id = ?1 AND state = 1 LIMIT ?2) AS fed"};
constexpr Sql kUndone{Audience::kTenant,
                      "SELECT no FROM notifications_campaign_chunks WHERE tenant_id = :tenant"
                      " AND campaign_id = ?1 AND state < 3 LIMIT 1"};
// ?2: 1 those that failed for certain, 2 all.
constexpr Sql kMarkRetries{
    Audience::kTenant,
    "UPDATE notifications_campaign_chunks SET retry = ?2, state = CASE state WHEN 3 THEN 0 ELSE"
    " state END WHERE tenant_id = :tenant AND campaign_id = ?1 AND state <> 1"
    " AND failed > CASE WHEN ?2 = 2 THEN 0 ELSE unknown END"};

constexpr Sql kTake{Audience::kTenant,
                    "UPDATE notifications_campaign_chunks SET state = 1, fence = fence + 1,"
                    " next_at = NULL" CHUNK
                    " AND feed = ?3 AND state IN (1, 2) RETURNING fence, members, retry"};
constexpr Sql kTakeResting{Audience::kTenant,
                           "UPDATE notifications_campaign_chunks SET state = 1, fence = fence + 1,"
                           " next_at = NULL" CHUNK
                           " AND state IN (0, 2) RETURNING fence, members, retry"};
constexpr Sql kListResting{Audience::kTenant,
                           "SELECT no FROM notifications_campaign_chunks WHERE tenant_id = :tenant"
                           " AND campaign_id = ?1 AND no > ?2 AND state IN (0, 2) ORDER BY no"
                           " LIMIT ?3"};

constexpr Sql kLoad{Audience::kTenant,
                    "SELECT c.state, c.members, m.members, o.outcomes, o.reports"
                    " FROM notifications_campaign_chunks AS c"
                    " JOIN notifications_campaign_members AS m ON m.tenant_id = :tenant"
                    " AND m.campaign_id = c.campaign_id AND m.no = c.no"
                    " JOIN notifications_campaign_outcomes AS o ON o.tenant_id = :tenant"
                    " AND o.campaign_id = c.campaign_id AND o.no = c.no"
                    " WHERE c.tenant_id = :tenant AND c.campaign_id = ?1 AND c.no = ?2"};

constexpr Sql kSave{
    Audience::kTenant,
    "UPDATE notifications_campaign_chunks SET state = ?4, next_at = ?5, sent = ?6, skipped = ?7,"
    " failed = ?8, unknown = ?9, repeated = ?10, tally = ?11, retry = 0" CHUNK " AND fence = ?3"};
constexpr Sql kSaveOutcomes{Audience::kTenant,
                            "UPDATE notifications_campaign_outcomes SET outcomes = ?3" CHUNK};

#define CHUNK_SIZE "SELECT members FROM notifications_campaign_chunks" CHUNK
constexpr Sql kLockChunk{Audience::kTenant, CHUNK_SIZE, CHUNK_SIZE " FOR UPDATE"};
#undef CHUNK_SIZE
constexpr Sql kReports{Audience::kTenant,
                       "SELECT reports FROM notifications_campaign_outcomes" CHUNK};
constexpr Sql kSaveReports{Audience::kTenant,
                           "UPDATE notifications_campaign_outcomes SET reports = ?3" CHUNK};
constexpr Sql kSaveReported{Audience::kTenant,
                            "UPDATE notifications_campaign_chunks SET delivered = ?3, opened = ?4,"
                            " bounced = ?5, report_tally = ?6" CHUNK};

#define SUMS                                                                          \
  "coalesce(sum(members), 0), coalesce(sum(sent), 0), coalesce(sum(skipped), 0),"     \
  " coalesce(sum(failed), 0), coalesce(sum(unknown), 0), coalesce(sum(repeated), 0)," \
  " coalesce(sum(delivered), 0), coalesce(sum(opened), 0), coalesce(sum(bounced), 0)"
#define SUMS_PG                                                             \
  "coalesce(sum(members), 0)::bigint, coalesce(sum(sent), 0)::bigint,"      \
  " coalesce(sum(skipped), 0)::bigint, coalesce(sum(failed), 0)::bigint,"   \
  " coalesce(sum(unknown), 0)::bigint, coalesce(sum(repeated), 0)::bigint," \
  " coalesce(sum(delivered), 0)::bigint, coalesce(sum(opened), 0)::bigint," \
  " coalesce(sum(bounced), 0)::bigint"
#define OF_CAMPAIGN \
  " FROM notifications_campaign_chunks WHERE tenant_id = :tenant AND campaign_id = ?1"
constexpr Sql kCount{Audience::kTenant, "SELECT " SUMS OF_CAMPAIGN, "SELECT " SUMS_PG OF_CAMPAIGN};
#undef SUMS
#undef SUMS_PG
constexpr Sql kTallies{Audience::kTenant, "SELECT tally, report_tally" OF_CAMPAIGN
                                          " AND (tally <> '' OR report_tally <> '')"};

constexpr Sql kChunkOfKey{Audience::kTenant,
                          "SELECT no" OF_CAMPAIGN
                          " AND first_key <= ?2 ORDER BY first_key DESC LIMIT 1"};
// ?3: ChunkInterest.
constexpr Sql kNextChunk{Audience::kTenant,
                         "SELECT no" OF_CAMPAIGN
                         " AND no >= ?2 AND CASE ?3 WHEN 0 THEN 1"
                         " WHEN 1 THEN members - sent - skipped - failed WHEN 2 THEN sent"
                         " WHEN 3 THEN skipped ELSE failed END > 0 ORDER BY no LIMIT 1"};
#undef OF_CAMPAIGN
#undef CHUNK

constexpr std::array<const Sql*, 21> kStatements{
    &kInsert,       &kInsertMembers, &kInsertOutcomes, &kFeed,        &kCountFed,     &kUndone,
    &kMarkRetries,  &kTake,          &kTakeResting,    &kListResting, &kLoad,         &kSave,
    &kSaveOutcomes, &kLockChunk,     &kReports,        &kSaveReports, &kSaveReported, &kCount,
    &kTallies,      &kChunkOfKey,    &kNextChunk};

base::Result<std::optional<std::int64_t>> maybe_number(storage::Transaction& tx, const Sql& sql,
                                                       std::initializer_list<Param> params) {
  std::optional<std::int64_t> found;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { found = row.integer(0); }));
  return found;
}

// {"r": {reason: n}, "v": [[audience, sent, skipped, failed, unknown, repeated], …]}
std::string text_of(const CampaignOutcomes::Tally& tally) {
  if (tally.reasons.empty() && tally.variants.empty()) return {};
  std::string text;
  json::Writer w(text);
  w.begin_object().key("r").begin_object();
  for (const auto& [reason, count] : tally.reasons) w.key(reason).integer(count);
  w.end_object().key("v").begin_array();
  for (const CampaignCounts& v : tally.variants) {
    w.begin_array().integer(v.audience).integer(v.sent).integer(v.skipped).integer(v.failed);
    w.integer(v.unknown).integer(v.repeated).end_array();
  }
  w.end_array().end_object();
  return text;
}

void add(std::string_view text, CampaignOutcomes::Tally& tally) {
  const auto parsed = json::parse(text);
  if (!parsed.ok()) return;
  const json::Value* reasons = parsed->find("r");
  if (reasons != nullptr && reasons->if_object() != nullptr) {
    for (const auto& [reason, count] : *reasons->if_object()) {
      tally.reasons[reason] += *count.if_integer();
    }
  }
  const json::Value* variants = parsed->find("v");
  if (variants == nullptr || variants->if_array() == nullptr) return;
  for (std::size_t i = 0; i < variants->if_array()->size() && i < tally.variants.size(); ++i) {
    const json::Value::Array& n = *(*variants->if_array())[i].if_array();
    CampaignCounts& v = tally.variants[i];
    v.audience += *n[0].if_integer();
    v.sent += *n[1].if_integer();
    v.skipped += *n[2].if_integer();
    v.failed += *n[3].if_integer();
    v.unknown += *n[4].if_integer();
    v.repeated += *n[5].if_integer();
  }
}

// [[delivered, opened, bounced], …]
std::string reports_text_of(const std::vector<CampaignCounts>& variants) {
  if (variants.empty()) return {};
  std::string text;
  json::Writer w(text);
  w.begin_array();
  for (const CampaignCounts& v : variants) {
    w.begin_array().integer(v.delivered).integer(v.opened).integer(v.bounced).end_array();
  }
  w.end_array();
  return text;
}

void add_reports(std::string_view text, CampaignOutcomes::Tally& tally) {
  const auto parsed = json::parse(text);
  if (!parsed.ok() || parsed->if_array() == nullptr) return;
  for (std::size_t i = 0; i < parsed->if_array()->size() && i < tally.variants.size(); ++i) {
    const json::Value::Array& n = *(*parsed->if_array())[i].if_array();
    tally.variants[i].delivered += *n[0].if_integer();
    tally.variants[i].opened += *n[1].if_integer();
    tally.variants[i].bounced += *n[2].if_integer();
  }
}

base::Result<std::optional<TakenChunk>> take(storage::Transaction& tx, const Sql& sql,
                                             std::initializer_list<Param> params) {
  std::optional<TakenChunk> taken;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) {
    taken = TakenChunk{.fence = row.integer(0),
                       .members = static_cast<std::size_t>(row.integer(1)),
                       .retry = static_cast<int>(row.integer(2))};
  }));
  return taken;
}

}  // namespace

std::vector<int> variants_of(const Campaign& campaign, std::span<const Member> members) {
  std::vector<int> variants;
  if (campaign.variants.empty()) return variants;
  variants.reserve(members.size());
  for (const Member& member : members) variants.push_back(variant_of(campaign, member.key()));
  return variants;
}

base::Status insert_chunk(storage::Transaction& tx, const Campaign& campaign, std::int64_t no,
                          std::span<const Member> members) {
  CHECK(!members.empty() && members.size() <= kChunkMembers);
  const std::int64_t id = campaign.id.value;
  std::string tally;
  if (!campaign.variants.empty()) {
    const CampaignOutcomes fresh(members.size());
    tally = text_of(fresh.tally(variants_of(campaign, members), campaign.variants.size()));
  }
  const std::string blob = encode_members(members);
  ASHLAR_TRY(tx.execute(
      kInsert, {id, no, members.front().key(), static_cast<std::int64_t>(members.size()), tally}));
  ASHLAR_TRY(tx.execute(kInsertMembers, {id, no, Blob{blob}}));
  ASHLAR_TRY(tx.execute(kInsertOutcomes, {id, no}));
  return base::ok_status();
}

base::Result<std::optional<FedChunk>> feed_chunk(storage::Transaction& tx, CampaignId id) {
  std::optional<FedChunk> fed;
  ASHLAR_TRY(tx.query(kFeed, {id.value}, [&](const Row& row) {
    fed = FedChunk{.ref = {id, row.integer(0)}, .feed = row.integer(1)};
  }));
  return fed;
}

base::Result<std::int64_t> count_fed(storage::Transaction& tx, CampaignId id, std::int64_t limit) {
  ASHLAR_ASSIGN(const auto count, maybe_number(tx, kCountFed, {id.value, limit}));
  return count.value_or(0);
}

base::Result<bool> all_done(storage::Transaction& tx, CampaignId id) {
  ASHLAR_ASSIGN(const auto undone, maybe_number(tx, kUndone, {id.value}));
  return !undone.has_value();
}

base::Result<std::int64_t> mark_retries(storage::Transaction& tx, CampaignId id, bool unknown_too) {
  return tx.execute(kMarkRetries, {id.value, std::int64_t{unknown_too ? 2 : 1}});
}

base::Result<std::optional<TakenChunk>> take_chunk(storage::Transaction& tx, const FedChunk& fed) {
  return take(tx, kTake, {fed.ref.campaign.value, fed.ref.no, fed.feed});
}

base::Result<std::optional<TakenChunk>> take_resting(storage::Transaction& tx, ChunkRef ref) {
  return take(tx, kTakeResting, {ref.campaign.value, ref.no});
}

base::Result<std::vector<std::int64_t>> list_resting(storage::Transaction& tx, CampaignId id,
                                                     std::int64_t after, std::int64_t limit) {
  std::vector<std::int64_t> found;
  ASHLAR_TRY(tx.query(kListResting, {id.value, after, limit},
                      [&](const Row& row) { found.push_back(row.integer(0)); }));
  return found;
}

base::Result<std::optional<LoadedChunk>> load_chunk(storage::Transaction& tx, ChunkRef ref) {
  std::optional<LoadedChunk> found;
  std::optional<base::Error> damaged;
  const auto read = [&](const Row& row) -> base::Status {
    LoadedChunk chunk;
    chunk.state = static_cast<ChunkState>(row.integer(0));
    const auto members = static_cast<std::size_t>(row.integer(1));
    ASHLAR_ASSIGN(chunk.members, decode_members(row.blob(2)));
    ASHLAR_ASSIGN(chunk.outcomes, CampaignOutcomes::decode(
                                      row.is_null(3) ? std::string_view() : row.blob(3), members));
    ASHLAR_ASSIGN(chunk.reports, CampaignReports::decode(
                                     row.is_null(4) ? std::string_view() : row.blob(4), members));
    if (chunk.members.size() != members) {
      return base::fail(base::Code::kInternal, "campaign_members_damaged",
                        "A chunk has other members than it counts.");
    }
    found = std::move(chunk);
    return base::ok_status();
  };
  ASHLAR_TRY(tx.query(kLoad, {ref.campaign.value, ref.no}, [&](const Row& row) {
    base::Status status = read(row);
    if (!status.ok()) damaged = std::move(status).error();
  }));
  if (damaged) return *std::move(damaged);
  return found;
}

base::Status save_chunk(storage::Transaction& tx, const ChunkSave& save,
                        const CampaignOutcomes& outcomes, std::span<const int> variants,
                        std::size_t variant_count) {
  const CampaignOutcomes::Tally tally = outcomes.tally(variants, variant_count);
  const std::string text = text_of(tally);
  const Param next_at = save.next_at ? Param(base::to_micros(*save.next_at)) : Param(nullptr);
  const CampaignCounts& n = tally.all;
  ASHLAR_ASSIGN(const std::int64_t changed,
                tx.execute(kSave, {save.ref.campaign.value, save.ref.no, save.fence,
                                   static_cast<std::int64_t>(save.state), next_at, n.sent,
                                   n.skipped, n.failed, n.unknown, n.repeated, text}));
  if (changed == 0) {
    return base::fail(base::Code::kConflict, "chunk_lost",
                      "Somebody else works this chunk, or it is gone.");
  }
  const std::string blob = outcomes.encode();
  ASHLAR_TRY(tx.execute(kSaveOutcomes, {save.ref.campaign.value, save.ref.no, Blob{blob}}));
  return base::ok_status();
}

base::Result<std::optional<CampaignReports>> lock_reports(storage::Transaction& tx, ChunkRef ref) {
  ASHLAR_ASSIGN(const auto members, maybe_number(tx, kLockChunk, {ref.campaign.value, ref.no}));
  if (!members) return std::optional<CampaignReports>();
  base::Result<CampaignReports> reports = CampaignReports();
  ASHLAR_TRY(tx.query(kReports, {ref.campaign.value, ref.no}, [&](const Row& row) {
    reports = CampaignReports::decode(row.is_null(0) ? std::string_view() : row.blob(0),
                                      static_cast<std::size_t>(*members));
  }));
  if (!reports.ok()) return std::move(reports).error();
  return std::optional(*std::move(reports));
}

base::Status save_reports(storage::Transaction& tx, ChunkRef ref, const CampaignReports& reports,
                          std::span<const int> variants, std::size_t variant_count) {
  const CampaignCounts n = reports.counts();
  const std::string text = variants.empty()
                               ? std::string()
                               : reports_text_of(reports.by_variant(variants, variant_count));
  const std::string blob = reports.encode();
  ASHLAR_TRY(tx.execute(kSaveReports, {ref.campaign.value, ref.no, Blob{blob}}));
  ASHLAR_TRY(tx.execute(kSaveReported,
                        {ref.campaign.value, ref.no, n.delivered, n.opened, n.bounced, text}));
  return base::ok_status();
}

base::Result<CampaignCounts> count_campaign(storage::Transaction& tx, CampaignId id) {
  CampaignCounts n;
  ASHLAR_TRY(tx.query(kCount, {id.value}, [&](const Row& row) {
    n = {.audience = row.integer(0),
         .sent = row.integer(1),
         .skipped = row.integer(2),
         .failed = row.integer(3),
         .unknown = row.integer(4),
         .repeated = row.integer(5),
         .delivered = row.integer(6),
         .opened = row.integer(7),
         .bounced = row.integer(8)};
  }));
  return n;
}

base::Result<CampaignOutcomes::Tally> tally_campaign(storage::Transaction& tx, CampaignId id,
                                                     std::size_t variant_count) {
  CampaignOutcomes::Tally tally;
  tally.variants.resize(variant_count);
  ASHLAR_ASSIGN(tally.all, count_campaign(tx, id));
  ASHLAR_TRY(tx.query(kTallies, {id.value}, [&](const Row& row) {
    if (!row.text(0).empty()) add(row.text(0), tally);
    if (!row.text(1).empty()) add_reports(row.text(1), tally);
  }));
  return tally;
}

base::Result<std::optional<std::int64_t>> chunk_of_key(storage::Transaction& tx, CampaignId id,
                                                       std::string_view key) {
  return maybe_number(tx, kChunkOfKey, {id.value, key});
}

base::Result<std::optional<std::int64_t>> next_chunk(storage::Transaction& tx, CampaignId id,
                                                     std::int64_t from, ChunkInterest interest) {
  return maybe_number(tx, kNextChunk, {id.value, from, static_cast<std::int64_t>(interest)});
}

std::span<const storage::Sql* const> campaign_chunk_statements() { return kStatements; }

}  // namespace store
}  // namespace ashlar::notifications
