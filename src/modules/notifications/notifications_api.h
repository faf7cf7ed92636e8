// NotificationsApi: the HTTP face of notifications: parse, call, render. notifications_wire.cc has
// the table that names them.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include <memory>

#include "base/result.h"
#include "modules/notifications/campaigns/campaign.h"
#include "modules/notifications/notification.h"
#include "platform/http/response.h"

namespace ashlar::http {
class LateAnswer;
class CursorCodec;
struct Call;
}  // namespace ashlar::http
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::notifications {

struct NewNotificationJson;
struct NotificationJson;
class NotificationsModule;

class NotificationsApi {
 public:
  // Both outlive it.
  NotificationsApi(NotificationsModule& module, const http::CursorCodec& cursors)
      : module_(module), cursors_(cursors) {}

  base::Result<http::Response> create(http::Call& call, storage::Transaction& tx) const;
  // Of a database at which those that come at once are written together. With an Idempotency-Key,
  // and to many, each is a transaction of its own.
  base::Status create_together(http::Call& call, std::shared_ptr<http::LateAnswer> late) const;
  base::Result<http::Response> get(http::Call& call) const;
  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> cancel(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> why(http::Call& call) const;

 private:
  base::Result<http::Response> create_campaign(http::Call& call, storage::Transaction& tx,
                                               const NewNotificationJson& given) const;
  base::Result<NotificationJson> campaign_story(storage::Transaction& tx, CampaignId id) const;
  base::Result<NotificationJson> story_of(storage::Transaction& tx, const Notification& n) const;

  NotificationsModule& module_;
  const http::CursorCodec& cursors_;
};

}  // namespace ashlar::notifications
