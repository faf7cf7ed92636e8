#include "modules/notifications/campaigns/campaign_run_store.h"

#include <algorithm>
#include <array>

#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::notifications::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

constexpr Sql kState{
    Audience::kTenant,
    "SELECT state FROM notifications_campaigns WHERE tenant_id = :tenant AND id = ?1"};

static_assert(static_cast<int>(ChunkState::kDone) == 3);
constexpr Sql kTakeDone{Audience::kTenant,
                        "UPDATE notifications_campaign_chunks SET fence = fence + 1"
                        " WHERE tenant_id = :tenant AND campaign_id = ?1 AND no = ?2 AND state = 3"
                        " RETURNING fence"};

// The span of a turn is rounded up by its caller, so that the pace is never exceeded.
constexpr Sql kTakePace{Audience::kTenant,
                        "UPDATE notifications_campaigns SET paced_until ="
                        " CASE WHEN paced_until > ?2 THEN paced_until ELSE ?2 END + ?3"
                        " WHERE tenant_id = :tenant AND id = ?1 RETURNING paced_until"};

#define SUPPRESSED_AMONG(list)                                                 \
  "SELECT s.address, s.reason FROM notifications_suppressions AS s"            \
  " WHERE s.tenant_id = :tenant AND s.channel = ?1 AND s.category IN ('', ?2)" \
  " AND s.address IN (SELECT value FROM " list ") ORDER BY s.address, s.category"
constexpr Sql kSuppressedAmong{Audience::kTenant, SUPPRESSED_AMONG("json_each(?3)"),
                               SUPPRESSED_AMONG("jsonb_array_elements_text(?3::jsonb)")};

// One of several channels counts once.
#define SENT_AMONG(list)                                                            \
  "SELECT user_id, at FROM (SELECT user_id, min(counted_at) AS at"                  \
  " FROM notifications_deliveries WHERE tenant_id = :tenant AND category = ?2"      \
  " AND counted_at > ?3 AND user_id IN (SELECT value FROM " list                    \
  ") GROUP BY user_id, notification_id UNION ALL"                                   \
  " SELECT user_id, at FROM notifications_campaign_marks WHERE tenant_id = :tenant" \
  " AND category = ?2 AND at > ?3 AND user_id IN (SELECT value FROM " list          \
  ")) AS sent ORDER BY user_id, at"
constexpr Sql kSentAmong{Audience::kTenant, SENT_AMONG("json_each(?1)"),
                         SENT_AMONG("jsonb_array_elements_text(?1::jsonb)")};

#define MARK_SENT(list)                                                                      \
  "INSERT INTO notifications_campaign_marks (tenant_id, user_id, category, at, campaign_id)" \
  " SELECT :tenant, value, ?2, ?3, ?4 FROM " list " WHERE true ON CONFLICT DO NOTHING"
constexpr Sql kMarkSent{Audience::kTenant, MARK_SENT("json_each(?1)"),
                        MARK_SENT("jsonb_array_elements_text(?1::jsonb)")};

constexpr Sql kPutEntry{Audience::kTenant,
                        "INSERT INTO notifications_inbox (tenant_id, user_id, notification_id,"
                        " delivery_id, category, title, body, url, data, created_at)"
                        " VALUES (:tenant, ?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                        " ON CONFLICT DO NOTHING"};

constexpr Sql kPutRef{Audience::kTenant,
                      "INSERT INTO notifications_campaign_refs (tenant_id, provider_id,"
                      " provider_ref, campaign_id, no, member) VALUES (:tenant, ?1, ?2, ?3, ?4, ?5)"
                      " ON CONFLICT DO NOTHING"};

constexpr Sql kFindRef{Audience::kTenant,
                       "SELECT campaign_id, no, member FROM notifications_campaign_refs"
                       " WHERE tenant_id = :tenant AND provider_id = ?1 AND provider_ref = ?2"};

constexpr std::array<const Sql*, 9> kStatements{&kState,           &kTakeDone,  &kTakePace,
                                                &kSuppressedAmong, &kSentAmong, &kMarkSent,
                                                &kPutEntry,        &kPutRef,    &kFindRef};

std::string list_of(std::span<const std::string> texts) {
  std::string list;
  json::Writer json(list);
  json.begin_array();
  for (const std::string& text : texts) json.string(text);
  json.end_array();
  return list;
}

// Of a negative delivery: campaign, chunk and member side by side.
constexpr int kMemberBits = 10;
constexpr int kChunkBits = 20;
static_assert(kChunkMembers <= std::size_t{1} << kMemberBits);

}  // namespace

base::Result<std::optional<CampaignState>> campaign_state(storage::Transaction& tx, CampaignId id) {
  std::optional<CampaignState> state;
  ASHLAR_TRY(tx.query(kState, {id.value},
                      [&](const Row& row) { state = static_cast<CampaignState>(row.integer(0)); }));
  return state;
}

base::Result<std::optional<std::int64_t>> take_done(storage::Transaction& tx, const ChunkRef& ref) {
  std::optional<std::int64_t> fence;
  ASHLAR_TRY(tx.query(kTakeDone, {ref.campaign.value, ref.no},
                      [&](const Row& row) { fence = row.integer(0); }));
  return fence;
}

base::Result<base::Time> take_pace(storage::Transaction& tx, CampaignId id, std::int64_t wanted,
                                   std::int64_t per_s, base::Time now) {
  constexpr std::int64_t kSecond = 1'000'000;
  const std::int64_t span = (wanted * kSecond + per_s - 1) / per_s;
  std::int64_t until = base::to_micros(now) + span;
  ASHLAR_TRY(tx.query(kTakePace, {id.value, base::to_micros(now), span},
                      [&](const Row& row) { until = row.integer(0); }));
  return base::from_micros(until - span);
}

base::Result<std::vector<SuppressedAddress>> suppressed_among(storage::Transaction& tx,
                                                              Channel channel,
                                                              std::span<const std::string> given,
                                                              std::string_view category) {
  std::vector<SuppressedAddress> found;
  ASHLAR_TRY(tx.query(kSuppressedAmong,
                      {static_cast<std::int64_t>(channel), category, list_of(given)},
                      [&](const Row& row) {
                        found.push_back({std::string(row.text(0)), std::string(row.text(1))});
                      }));
  return found;
}

base::Result<SentTimes> sent_among(storage::Transaction& tx, std::span<const std::string> users,
                                   std::string_view category, base::Time after) {
  SentTimes found;
  ASHLAR_TRY(
      tx.query(kSentAmong, {list_of(users), category, base::to_micros(after)}, [&](const Row& row) {
        found[std::string(row.text(0))].push_back(base::from_micros(row.integer(1)));
      }));
  return found;
}

base::Status mark_sent(storage::Transaction& tx, CampaignId id, std::span<const std::string> users,
                       std::string_view category, base::Time at) {
  ASHLAR_TRY(tx.execute(kMarkSent, {list_of(users), category, base::to_micros(at), id.value}));
  return base::ok_status();
}

DeliveryId inbox_delivery_of(const ChunkRef& ref, std::size_t member) {
  const std::int64_t place = (ref.campaign.value << (kMemberBits + kChunkBits)) +
                             (ref.no << kMemberBits) + static_cast<std::int64_t>(member);
  return DeliveryId(-place);
}

std::optional<InboxPlace> inbox_place_of(DeliveryId delivery) {
  if (delivery.value >= 0) return std::nullopt;
  const std::int64_t place = -delivery.value;
  const auto low = [&](int from, int bits) {
    return place >> from & ((std::int64_t{1} << bits) - 1);
  };
  InboxPlace found;
  found.ref.campaign = CampaignId(place >> (kMemberBits + kChunkBits));
  found.ref.no = low(kMemberBits, kChunkBits);
  found.member = static_cast<std::size_t>(low(0, kMemberBits));
  return found;
}

base::Result<bool> put_campaign_entry(storage::Transaction& tx, const InboxEntry& entry) {
  ASHLAR_ASSIGN(const std::int64_t put,
                tx.execute(kPutEntry,
                           {entry.user_id, entry.delivery.value, entry.category, entry.title,
                            entry.body, entry.url, entry.data, base::to_micros(entry.created_at)}));
  return put > 0;
}

base::Status put_refs(storage::Transaction& tx, std::span<const CampaignRef> refs) {
  for (const CampaignRef& ref : refs) {
    ASHLAR_TRY(
        tx.execute(kPutRef, {ref.provider.value, ref.provider_ref, ref.message.campaign.value,
                             ref.message.chunk, ref.message.member}));
  }
  return base::ok_status();
}

base::Result<std::optional<CampaignMessageId>> find_ref(storage::Transaction& tx,
                                                        ProviderId provider,
                                                        std::string_view provider_ref) {
  std::optional<CampaignMessageId> found;
  ASHLAR_TRY(tx.query(kFindRef, {provider.value, provider_ref}, [&](const Row& row) {
    found = CampaignMessageId{CampaignId(row.integer(0)), row.integer(1), row.integer(2)};
  }));
  return found;
}

std::span<const Sql* const> campaign_run_statements() { return kStatements; }

}  // namespace ashlar::notifications::store
