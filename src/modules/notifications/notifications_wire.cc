// THE table of notifications. Those of recipients, providers, templates, deliveries and inboxes
// have files of their own, joined here.
#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <utility>

#include "modules/notifications/campaigns/campaigns_api.h"
#include "modules/notifications/delivery_api.h"
#include "modules/notifications/event_rules/event_rules_api.h"
#include "modules/notifications/inbox_api.h"
#include "modules/notifications/notifications_api.h"
#include "modules/notifications/notifications_json.h"
#include "modules/notifications/notifications_module.h"
#include "modules/notifications/route_row.h"
#include "modules/notifications/template/templates_api.h"
#include "platform/http/call.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Idempotency;
using http::Method;
using storage::Transaction;

constexpr std::size_t kMaxNewBytes = 2 * 1024 * 1024;  // 10,000 users may be in it

const ErrorDoc kNotFound{404, "notification_not_found", "No such notification."};
const ErrorDoc kBadCursor{400, "invalid_cursor", "The cursor was not given out for this list."};

using Api = std::shared_ptr<const NotificationsApi>;

// SQLite's writer commits many together by itself.
http::Handler create_handler(const Api& api, storage::Dialect dialect) {
  if (dialect == storage::Dialect::kSqlite) {
    return http::TransactionHandler([api](Call& c, Transaction& tx) { return api->create(c, tx); });
  }
  return http::LateHandler([api](Call& c, std::shared_ptr<http::LateAnswer> late) {
    return api->create_together(c, std::move(late));
  });
}

void add_create(http::RouteTable& table, const Api& api, storage::Dialect dialect) {
  table.push_back(route_row(Method::kPost, "/v1/notifications",
                            "Tell somebody something, by what reaches them.",
                            create_handler(api, dialect), &accepted_schema()));
  table.back().idempotency = Idempotency::kOptional;
  table.back().request = &new_notification_schema();
  table.back().success = 202;
  table.back().max_body_bytes = kMaxNewBytes;
  table.back().errors = {
      {404, "recipient_not_found", "No such recipient: PUT /v1/recipients/{user_id} first."},
      {404, "device_not_found", "No such device."},
      {404, "template_not_found", "No such template, or no version of it is live."},
      {404, "topic_not_found", "There is no such topic."},
      {404, "segment_not_found", "There is no such segment."},
      {409, "too_many_campaigns", "1,000 campaigns have not ended."}};
}

void add_reads(http::RouteTable& table, const Api& api) {
  table.push_back(route_row(Method::kGet, "/v1/notifications", "List notifications, newest first.",
                            http::WorkerHandler([api](Call& c) { return api->list(c); }),
                            &notification_page_schema()));
  table.back().paged = true;
  table.back().errors = {kBadCursor};
  table.back().query = {{"user_id", "Only to this user.", "u_42"},
                        {"state", "Only in this state.", "failed"},
                        {"template", "Only of this template.", "order-shipped"},
                        {"category", "Only of this category.", "orders"}};
  table.push_back(
      route_row(Method::kGet, "/v1/notifications/why",
                "Why a user did, or did not, get something: what the rules say now, and the "
                "stories of the last ones.",
                http::WorkerHandler([api](Call& c) { return api->why(c); }), &why_schema()));
  table.back().cost = 5;
  table.back().errors = {{404, "template_not_found", "No such template."},
                         {404, "recipient_not_found",
                          "There is no such recipient, and nothing was sent to one of this name."}};
  table.back().query = {{"user_id", "Of whom.", "u_42"},
                        {"template", "Of this template.", "order-shipped"},
                        {"category", "Of this category.", "orders"},
                        {"channel", "By this channel alone.", "email"}};
  table.push_back(route_row(Method::kGet, "/v1/notifications/{id}",
                            "One notification with its deliveries and its timeline.",
                            http::WorkerHandler([api](Call& c) { return api->get(c); }),
                            &notification_schema()));
  table.back().errors = {kNotFound};
}

}  // namespace

http::RouteTable notifications_routes(NotificationsModule& module,
                                      const http::CursorCodec& cursors) {
  const auto api = std::make_shared<const NotificationsApi>(module, cursors);
  http::RouteTable table;
  add_create(table, api, module.db.dialect());
  add_reads(table, api);
  table.push_back(route_row(
      Method::kPost, "/v1/notifications/{id}/cancel", "Do not send what is not sent yet.",
      http::TransactionHandler([api](Call& c, Transaction& tx) { return api->cancel(c, tx); }),
      &notification_schema()));
  table.back().errors = {kNotFound, {409, "notification_ended", "It is on its way, or has ended."}};
  module.parts.emplace(RecipientParts{module.db, module.clock, module.entropy, module.zones,
                                      module.box, module.links, cursors, provider_kinds(),
                                      module.options.public_url, module.options.allow_private,
                                      module.options.private_providers});
  const InboxApi::Parts inbox{module.db, module.inbox,        module.inbox_feed, module.loops,
                              cursors,   module.inbox_tokens, module.clock};
  for (http::RouteTable more :
       {recipients_routes(*module.parts), audiences_routes(*module.parts),
        providers_routes(*module.parts), preference_routes(*module.parts),
        template_routes({module.templates, module.notifications, module.db, module.zones,
                         module.clock, cursors}),
        event_rule_routes({module.db, module.clock}), inbox_routes(inbox),
        inbox_visitor_routes(inbox),
        campaign_routes(
            {module.db, module.campaigns, module.campaign_watch, cursors, module.clock}),
        delivery_routes({module.db, module.pool, module.callbacks, module.dead_letters, cursors,
                         module.clock, module.options.public_url})}) {
    std::ranges::move(more, std::back_inserter(table));
  }
  return table;
}

}  // namespace ashlar::notifications
