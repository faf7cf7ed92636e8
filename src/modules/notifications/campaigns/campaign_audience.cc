#include "modules/notifications/campaigns/campaign_audience.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

#include "modules/notifications/audience_store.h"
#include "modules/notifications/campaigns/campaign_store.h"
#include "modules/notifications/topics_store.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {

CampaignAudience::CampaignAudience(storage::Database& db, const Campaign& campaign)
    : db_(db), campaign_(campaign), cursor_(campaign.plan_cursor) {}

base::Result<CampaignAudience::Page> CampaignAudience::next(std::int64_t limit) {
  bool again = false;
  base::Result<Page> page =
      db_.read(storage::Context::tenant(campaign_.tenant),
               [&](storage::Transaction& tx) -> base::Result<Page> {
                 // A read may run again: what the run before has taken is read anew.
                 if (std::exchange(again, true)) {
                   sources_.clear();
                   opened_ = false;
                 }
                 const bool uploaded = campaign_.audience_kind == Campaign::AudienceKind::kUsers ||
                                       campaign_.audience_kind == Campaign::AudienceKind::kUpload;
                 return uploaded ? next_merged(tx, limit) : next_users(tx, limit);
               });
  if (page.ok() && !page->members.empty()) cursor_ = page->members.back().key();
  return page;
}

base::Result<CampaignAudience::Page> CampaignAudience::next_users(storage::Transaction& tx,
                                                                  std::int64_t limit) const {
  const std::string after = cursor_.empty() ? std::string() : cursor_.substr(1);
  base::Result<std::vector<std::string>> ids = std::vector<std::string>{};
  switch (campaign_.audience_kind) {
    case Campaign::AudienceKind::kTopic:
      ids = store::list_members(tx, campaign_.topic, after, limit);
      break;
    case Campaign::AudienceKind::kSegment:
      ids = store::ids_of_segment(tx, campaign_.segment_where, after, limit);
      break;
    case Campaign::AudienceKind::kEverybody:
      ids = store::ids_of_everybody(tx, after, limit);
      break;
    case Campaign::AudienceKind::kUsers:
    case Campaign::AudienceKind::kUpload:
      break;
  }
  if (!ids.ok()) return std::move(ids).error();
  Page page;
  page.last = static_cast<std::int64_t>(ids->size()) < limit;
  page.members.reserve(ids->size());
  for (std::string& id : *ids) {
    page.members.push_back({.kind = Member::Kind::kUser, .address = std::move(id)});
  }
  return page;
}

base::Status CampaignAudience::refill(storage::Transaction& tx, Source& source) const {
  source.at = 0;
  ASHLAR_ASSIGN(source.members, store::read_upload(tx, campaign_.id, source.upload, source.last));
  source.ended = source.members.empty();
  if (!source.ended) source.last = source.members.back().key();
  return base::ok_status();
}

base::Result<CampaignAudience::Page> CampaignAudience::next_merged(storage::Transaction& tx,
                                                                   std::int64_t limit) {
  if (!opened_) {
    ASHLAR_ASSIGN(const std::int64_t uploads, store::count_uploads(tx, campaign_.id));
    for (std::int64_t upload = 1; upload <= uploads; ++upload) {
      sources_.push_back({.upload = upload, .members = {}, .at = 0, .last = cursor_});
      ASHLAR_TRY(refill(tx, sources_.back()));
    }
    opened_ = true;
  }
  // The least key first; of equal ones the earliest upload's.
  using Head = std::pair<std::string, std::size_t>;
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const Source& source = sources_[i];
    if (!source.ended) heads.emplace(source.members[source.at].key(), i);
  }
  Page page;
  std::string last = cursor_;
  while (!heads.empty()) {
    auto [key, i] = heads.top();
    if (static_cast<std::int64_t>(page.members.size()) == limit && key != last) break;
    heads.pop();
    Source& source = sources_[i];
    if (key == last) {
      ++page.duplicates;
    } else {
      page.members.push_back(std::move(source.members[source.at]));
      last = std::move(key);
    }
    if (++source.at == source.members.size()) ASHLAR_TRY(refill(tx, source));
    if (!source.ended) heads.emplace(source.members[source.at].key(), i);
  }
  page.last = heads.empty();
  return page;
}

}  // namespace ashlar::notifications
