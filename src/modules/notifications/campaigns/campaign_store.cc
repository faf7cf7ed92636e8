#include "modules/notifications/campaigns/campaign_store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::notifications::store {
namespace {

using storage::Audience;
using storage::Blob;
using storage::Param;
using storage::Row;
using storage::Sql;

constexpr std::size_t kPartMembers = 500;
constexpr std::int64_t kAnyState = -1;

#define COLUMNS                                                                                   \
  "id, tenant_id, name, state, channel, category, template_key, template_version, content, data," \
  " variants, audience_kind, audience_key, topic_id, segment_where, uploaded, duplicates,"        \
  " dedupe_key, send_at, expires_at, pace_per_s, stop_percent, stop_after, planned, plan_cursor," \
  " audience, chunks, stopped_reason, seen_ended, seen_failed, traceparent, created_at,"          \
  " updated_at, started_at, finished_at"

constexpr Sql kInsert{
    Audience::kTenant,
    "INSERT INTO notifications_campaigns (tenant_id, name, state, channel, category, template_key,"
    " content, data, variants, audience_kind, audience_key, dedupe_key, send_at, expires_at,"
    " pace_per_s, stop_percent, stop_after, traceparent, created_at, updated_at, template_version)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,"
    " ?18, ?18, ?19) ON CONFLICT DO NOTHING RETURNING id"};

constexpr Sql kFindDuplicate{
    Audience::kTenant,
    "SELECT id FROM notifications_campaigns WHERE tenant_id = :tenant AND dedupe_key = ?1"};

#define FIND                                      \
  "SELECT " COLUMNS                               \
  " FROM notifications_campaigns WHERE tenant_id" \
  " = :tenant AND id = ?1"
constexpr Sql kFind{Audience::kTenant, FIND};
constexpr Sql kLock{Audience::kTenant, FIND " ", FIND " FOR UPDATE"};
#undef FIND

constexpr Sql kList{Audience::kTenant,
                    "SELECT " COLUMNS
                    " FROM notifications_campaigns WHERE tenant_id = :tenant"
                    " AND id < ?2 AND (?1 = -1 OR state = ?1) ORDER BY id DESC LIMIT ?3"};

constexpr Sql kUpdate{
    Audience::kTenant,
    "UPDATE notifications_campaigns SET state = ?2, template_version = ?3, variants = ?4,"
    " topic_id = ?5, segment_where = ?6, uploaded = ?7, duplicates = ?8, send_at = ?9,"
    " planned = ?10, plan_cursor = ?11, audience = ?12, chunks = ?13, stopped_reason = ?14,"
    " seen_ended = ?15, seen_failed = ?16, updated_at = ?17, started_at = ?18, finished_at = ?19"
    " WHERE tenant_id = :tenant AND id = ?1"};

// States: campaign.h. Finished and cancelled ones are 7 and 8.
constexpr Sql kCountLive{Audience::kTenant,
                         "SELECT count(*) FROM notifications_campaigns WHERE tenant_id = :tenant"
                         " AND state < 7"};

constexpr Sql kCountUploads{Audience::kTenant,
                            "SELECT coalesce(max(upload), 0) FROM notifications_campaign_uploads"
                            " WHERE tenant_id = :tenant AND campaign_id = ?1"};

constexpr Sql kInsertUpload{
    Audience::kTenant,
    "INSERT INTO notifications_campaign_uploads (campaign_id, upload, last_key, tenant_id, members)"
    " VALUES (?1, ?2, ?3, :tenant, ?4)"};

constexpr Sql kReadUpload{
    Audience::kTenant,
    "SELECT members FROM notifications_campaign_uploads WHERE tenant_id = :tenant"
    " AND campaign_id = ?1 AND upload = ?2 AND last_key > ?3 ORDER BY last_key LIMIT 1"};

constexpr Sql kDropUploads{
    Audience::kTenant,
    "DELETE FROM notifications_campaign_uploads WHERE tenant_id = :tenant AND campaign_id = ?1"
    " AND (upload, last_key) IN (SELECT upload, last_key FROM notifications_campaign_uploads"
    " WHERE tenant_id = :tenant AND campaign_id = ?1 LIMIT ?2)"};

// --- On the platform, and erasure: children first
// -------------------------------------------------

#define OLD_CAMPAIGNS                                                                        \
  "(SELECT id FROM notifications_campaigns WHERE finished_at IS NOT NULL AND finished_at < " \
  "?1"                                                                                       \
  " ORDER BY finished_at LIMIT 20)"
#define SWEEP_OF(table, keys)                                                               \
  constexpr Sql kSweep_##table{Audience::kPlatform,                                         \
                               "DELETE FROM notifications_campaign_" #table " WHERE (" keys \
                               ") IN (SELECT " keys " FROM notifications_campaign_" #table  \
                               " WHERE campaign_id IN " OLD_CAMPAIGNS " LIMIT ?2)"};        \
  constexpr Sql kErase_##table{Audience::kTenant,                                           \
                               "DELETE FROM notifications_campaign_" #table                 \
                               " WHERE tenant_id = :tenant AND (" keys ") IN (SELECT " keys \
                               " FROM notifications_campaign_" #table                       \
                               " WHERE tenant_id = :tenant LIMIT ?1)"}
SWEEP_OF(uploads, "campaign_id, upload, last_key");
SWEEP_OF(members, "campaign_id, no");
SWEEP_OF(outcomes, "campaign_id, no");
SWEEP_OF(refs, "tenant_id, provider_id, provider_ref");
SWEEP_OF(marks, "tenant_id, user_id, category, at, campaign_id");
SWEEP_OF(chunks, "campaign_id, no");
#undef SWEEP_OF
constexpr Sql kSweep{Audience::kPlatform,
                     "DELETE FROM notifications_campaigns WHERE id IN " OLD_CAMPAIGNS};
#undef OLD_CAMPAIGNS
constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM notifications_campaigns WHERE tenant_id = :tenant AND id IN"
                     " (SELECT id FROM notifications_campaigns WHERE tenant_id = :tenant"
                     " LIMIT ?1)"};

constexpr std::array<const Sql*, 6> kSweeps{&kSweep_uploads, &kSweep_members, &kSweep_outcomes,
                                            &kSweep_refs,    &kSweep_marks,   &kSweep_chunks};
constexpr std::array<const Sql*, 7> kErasures{&kErase_uploads, &kErase_members, &kErase_outcomes,
                                              &kErase_refs,    &kErase_marks,   &kErase_chunks,
                                              &kErase};
constexpr std::array<const Sql*, 25> kStatements{
    &kInsert,         &kFindDuplicate, &kFind,          &kLock,           &kList,
    &kUpdate,         &kCountLive,     &kCountUploads,  &kInsertUpload,   &kReadUpload,
    &kDropUploads,    &kSweep_uploads, &kSweep_members, &kSweep_outcomes, &kSweep_refs,
    &kSweep_marks,    &kSweep_chunks,  &kSweep,         &kErase_uploads,  &kErase_members,
    &kErase_outcomes, &kErase_refs,    &kErase_marks,   &kErase_chunks,   &kErase};

Param maybe(const std::optional<base::Time>& time) {
  return time ? Param(base::to_micros(*time)) : Param(nullptr);
}

std::optional<base::Time> time_at(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return base::from_micros(row.integer(column));
}

// [[key, weight, template, version, content, data], …]
std::string text_of(const std::vector<CampaignVariant>& variants) {
  if (variants.empty()) return {};
  std::string text;
  json::Writer w(text);
  w.begin_array();
  for (const CampaignVariant& v : variants) {
    w.begin_array().string(v.key).integer(v.weight).string(v.message.template_key);
    w.integer(v.message.template_version).string(v.message.content).string(v.message.data);
    w.end_array();
  }
  w.end_array();
  return text;
}

std::vector<CampaignVariant> variants_in(std::string_view text) {
  std::vector<CampaignVariant> variants;
  if (text.empty()) return variants;
  const auto parsed = json::parse(text);
  if (!parsed.ok() || parsed->if_array() == nullptr) return variants;
  for (const json::Value& one : *parsed->if_array()) {
    const json::Value::Array& columns = *one.if_array();
    CampaignVariant v;
    v.key = *columns[0].if_string();
    v.weight = *columns[1].if_integer();
    v.message = {.template_key = *columns[2].if_string(),
                 .template_version = *columns[3].if_integer(),
                 .content = *columns[4].if_string(),
                 .data = *columns[5].if_string()};
    variants.push_back(std::move(v));
  }
  return variants;
}

Campaign read_campaign(const Row& row) {
  Campaign c;
  c.id = CampaignId(row.integer(0));
  c.tenant = base::TenantId(row.integer(1));
  c.name = row.text(2);
  c.state = static_cast<CampaignState>(row.integer(3));
  if (!row.is_null(4)) c.channel = static_cast<Channel>(row.integer(4));
  c.category = row.text(5);
  c.message = {.template_key = std::string(row.text(6)),
               .template_version = row.integer(7),
               .content = std::string(row.text(8)),
               .data = std::string(row.text(9))};
  c.variants = variants_in(row.text(10));
  c.audience_kind = static_cast<Campaign::AudienceKind>(row.integer(11));
  c.audience_key = row.text(12);
  c.topic = TopicId(row.integer(13));
  c.segment_where = row.text(14);
  c.uploaded = row.integer(15);
  c.duplicates = row.integer(16);
  if (!row.is_null(17)) c.dedupe_key = row.text(17);
  c.send_at = time_at(row, 18);
  c.expires_at = time_at(row, 19);
  c.pace_per_s = row.integer(20);
  c.stop_on = {.failed_percent = row.integer(21), .after = row.integer(22)};
  c.planned = row.integer(23) != 0;
  c.plan_cursor = row.text(24);
  c.audience = row.integer(25);
  c.chunks = row.integer(26);
  c.stopped_reason = row.text(27);
  c.seen_ended = row.integer(28);
  c.seen_failed = row.integer(29);
  c.traceparent = row.text(30);
  c.created_at = base::from_micros(row.integer(31));
  c.updated_at = base::from_micros(row.integer(32));
  c.started_at = time_at(row, 33);
  c.finished_at = time_at(row, 34);
  return c;
}

base::Result<std::optional<Campaign>> one(storage::Transaction& tx, const Sql& sql, CampaignId id) {
  std::optional<Campaign> found;
  ASHLAR_TRY(tx.query(sql, {id.value}, [&](const Row& row) { found = read_campaign(row); }));
  return found;
}

base::Result<std::int64_t> number(storage::Transaction& tx, const Sql& sql,
                                  std::initializer_list<Param> params) {
  std::int64_t found = 0;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { found = row.integer(0); }));
  return found;
}

}  // namespace

base::Result<MadeCampaign> insert_campaign(storage::Transaction& tx, const Campaign& c) {
  const std::string variants = text_of(c.variants);
  const Param channel = c.channel ? Param(static_cast<std::int64_t>(*c.channel)) : Param(nullptr);
  const Param dedupe =
      c.dedupe_key.empty() ? Param(nullptr) : Param(std::string_view(c.dedupe_key));
  MadeCampaign made;
  ASHLAR_TRY(tx.query(
      kInsert,
      {c.name, static_cast<std::int64_t>(c.state), channel, c.category, c.message.template_key,
       c.message.content, c.message.data, variants, static_cast<std::int64_t>(c.audience_kind),
       c.audience_key, dedupe, maybe(c.send_at), maybe(c.expires_at), c.pace_per_s,
       c.stop_on.failed_percent, c.stop_on.after, c.traceparent, base::to_micros(c.created_at),
       c.message.template_version},
      [&](const Row& row) { made.id = CampaignId(row.integer(0)); }));
  if (made.id.is_set()) return made;
  ASHLAR_ASSIGN(const std::int64_t found, number(tx, kFindDuplicate, {c.dedupe_key}));
  return MadeCampaign{CampaignId(found), true};
}

base::Result<std::optional<Campaign>> find_campaign(storage::Transaction& tx, CampaignId id) {
  return one(tx, kFind, id);
}

base::Result<std::optional<Campaign>> lock_campaign(storage::Transaction& tx, CampaignId id) {
  return one(tx, kLock, id);
}

base::Result<std::vector<Campaign>> list_campaigns(storage::Transaction& tx,
                                                   std::optional<CampaignState> state,
                                                   CampaignId before, std::int64_t limit) {
  std::vector<Campaign> found;
  const std::int64_t wanted = state ? static_cast<std::int64_t>(*state) : kAnyState;
  ASHLAR_TRY(tx.query(kList, {wanted, before.value, limit},
                      [&](const Row& row) { found.push_back(read_campaign(row)); }));
  return found;
}

base::Status update_campaign(storage::Transaction& tx, const Campaign& c) {
  const std::string variants = text_of(c.variants);
  ASHLAR_TRY(tx.execute(
      kUpdate, {c.id.value, static_cast<std::int64_t>(c.state), c.message.template_version,
                variants, c.topic.value, c.segment_where, c.uploaded, c.duplicates,
                maybe(c.send_at), std::int64_t{c.planned ? 1 : 0}, c.plan_cursor, c.audience,
                c.chunks, c.stopped_reason, c.seen_ended, c.seen_failed,
                base::to_micros(c.updated_at), maybe(c.started_at), maybe(c.finished_at)}));
  return base::ok_status();
}

base::Result<std::int64_t> count_live_campaigns(storage::Transaction& tx) {
  return number(tx, kCountLive, {});
}

base::Result<std::int64_t> count_uploads(storage::Transaction& tx, CampaignId id) {
  return number(tx, kCountUploads, {id.value});
}

base::Status insert_upload(storage::Transaction& tx, CampaignId id, std::int64_t upload,
                           std::span<const Member> members) {
  while (!members.empty()) {
    const auto part = members.first(std::min(kPartMembers, members.size()));
    const std::string blob = encode_members(part);
    ASHLAR_TRY(tx.execute(kInsertUpload, {id.value, upload, part.back().key(), Blob{blob}}));
    members = members.subspan(part.size());
  }
  return base::ok_status();
}

base::Result<std::vector<Member>> read_upload(storage::Transaction& tx, CampaignId id,
                                              std::int64_t upload, std::string_view after) {
  base::Result<std::vector<Member>> members = std::vector<Member>{};
  ASHLAR_TRY(tx.query(kReadUpload, {id.value, upload, after},
                      [&](const Row& row) { members = decode_members(row.blob(0)); }));
  if (!members.ok()) return members;
  std::erase_if(*members, [&](const Member& member) { return member.key() <= after; });
  return members;
}

base::Result<std::int64_t> drop_uploads(storage::Transaction& tx, CampaignId id,
                                        std::int64_t limit) {
  return tx.execute(kDropUploads, {id.value, limit});
}

base::Result<std::int64_t> sweep_campaigns(storage::Transaction& tx, base::Time before,
                                           std::int64_t limit) {
  const std::int64_t until = base::to_micros(before);
  std::int64_t swept = 0;
  for (const Sql* sql : kSweeps) {
    ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(*sql, {until, limit}));
    swept += rows;
  }
  // What still has rows would lose its campaign before them.
  if (swept > 0) return swept;
  return tx.execute(kSweep, {until});
}

base::Result<std::int64_t> erase_campaigns(storage::Transaction& tx, std::int64_t limit) {
  std::int64_t erased = 0;
  for (const Sql* sql : kErasures) {
    ASHLAR_ASSIGN(const std::int64_t gone, tx.execute(*sql, {limit}));
    erased += gone;
  }
  return erased;
}

std::span<const storage::Sql* const> campaign_statements() { return kStatements; }

}  // namespace ashlar::notifications::store
