// CampaignsApi: the HTTP face of campaigns: parse, call, render. campaigns_wire.cc has the table
// that names them.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include <memory>

#include "base/result.h"
#include "modules/notifications/campaigns/campaign.h"
#include "platform/http/response.h"
#include "platform/http/route.h"

namespace ashlar::http {
struct Call;
class CursorCodec;
class EventStream;
}  // namespace ashlar::http
namespace ashlar::base {
class Clock;
}
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::notifications {

class CampaignWatch;
class Campaigns;

class CampaignsApi {
 public:
  // All outlive it.
  struct Parts {
    storage::Database& db;
    const Campaigns& campaigns;
    CampaignWatch& watch;
    const http::CursorCodec& cursors;
    const base::Clock& clock;
  };
  explicit CampaignsApi(const Parts& parts) : parts_(parts) {}

  base::Result<http::Response> create(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> upload(http::Call& call) const;
  base::Result<http::Response> act(http::Call& call, storage::Transaction& tx,
                                   CampaignAct act) const;
  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> get(http::Call& call) const;
  base::Result<http::Response> recipients(http::Call& call) const;
  base::Status events(http::Call& call, std::shared_ptr<http::EventStream> stream) const;

 private:
  const Parts parts_;
};

http::RouteTable campaign_routes(const CampaignsApi::Parts& parts);

}  // namespace ashlar::notifications
