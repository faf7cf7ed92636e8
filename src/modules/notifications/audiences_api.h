// AudiencesApi: the HTTP face of topics, segments, suppressions and categories: parse, call,
// render. audiences_wire.cc has the table that names them.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include "base/result.h"
#include "modules/notifications/recipient_parts.h"
#include "platform/http/response.h"

namespace ashlar::http {
struct Call;
}
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::notifications {

class AudiencesApi {
 public:
  // It outlives this.
  explicit AudiencesApi(const RecipientParts& parts) : parts_(parts) {}

  base::Result<http::Response> topics(http::Call& call) const;
  base::Result<http::Response> topic(http::Call& call) const;
  base::Result<http::Response> remove_topic(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> members(http::Call& call) const;
  base::Result<http::Response> add_members(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> remove_members(http::Call& call, storage::Transaction& tx) const;

  base::Result<http::Response> segments(http::Call& call) const;
  base::Result<http::Response> segment(http::Call& call) const;
  base::Result<http::Response> put_segment(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> remove_segment(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> preview(http::Call& call) const;

  base::Result<http::Response> suppressions(http::Call& call) const;
  base::Result<http::Response> suppress(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> unsuppress(http::Call& call, storage::Transaction& tx) const;

  base::Result<http::Response> categories(http::Call& call) const;
  base::Result<http::Response> category(http::Call& call) const;
  base::Result<http::Response> put_category(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> remove_category(http::Call& call, storage::Transaction& tx) const;

 private:
  const RecipientParts& parts_;
};

}  // namespace ashlar::notifications
