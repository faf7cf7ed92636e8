// AbuseApi: the HTTP face of what keeps links from doing harm: deny lists, reports, appeals, the
// operator's queue; and the table of its routes.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "kit/rate/gcra.h"
#include "kit/rate/limiter_key.h"
#include "kit/rate/limiter_map.h"
#include "modules/links/link.h"
#include "platform/http/response.h"
#include "platform/http/route.h"
#include "platform/storage/context.h"

namespace ashlar::http {
class CursorCodec;
struct Call;
}  // namespace ashlar::http

namespace ashlar::links {
class LinksModule;
}

namespace ashlar::links::abuse {

class AbuseApi {
 public:
  static constexpr std::int64_t kMaxDenials = 10'000;   // of a tenant, and of the operator
  static constexpr std::size_t kMaxReporters = 10'000;  // addresses whose reports are counted

  // Both outlive it.
  AbuseApi(LinksModule& module, const http::CursorCodec& cursors);

  // Of the tenant; where the route is the platform's, of the operator.
  base::Result<http::Response> list_denials(http::Call& call) const;
  base::Result<http::Response> add_denial(http::Call& call) const;
  base::Result<http::Response> remove_denial(http::Call& call) const;

  // Of visitors. Of an address 5 reports, then one a minute; of all 100, then one a second.
  base::Result<http::Response> report_page(http::Call& call);
  base::Result<http::Response> report(http::Call& call);

  base::Result<http::Response> review_of_link(http::Call& call) const;
  base::Result<http::Response> appeal(http::Call& call) const;

  base::Result<http::Response> list_reviews(http::Call& call) const;
  base::Result<http::Response> open_review(http::Call& call) const;
  base::Result<http::Response> get_review(http::Call& call) const;
  base::Result<http::Response> decide(http::Call& call) const;

  // Domains whose pages are not followed.
  base::Result<http::Response> list_stops(http::Call& call) const;
  base::Result<http::Response> put_stop(http::Call& call) const;
  base::Result<http::Response> remove_stop(http::Call& call) const;

 private:
  [[nodiscard]] storage::Context context_of(const http::Call& call) const;
  base::Result<http::Response> detail(LinkId link) const;
  // The link of that code on the host that the visitor has asked.
  base::Result<std::optional<RedirectTarget>> asked_for(const http::Call& call) const;

  LinksModule& module_;
  const http::CursorCodec& cursors_;
  const kit::LimiterKeyHasher hasher_;
  const kit::GcraRule of_address_;
  const kit::GcraRule of_all_;
  kit::LimiterMap<kit::GcraState> reporters_{kMaxReporters};
};

// Both outlive the table.
http::RouteTable abuse_routes(LinksModule& module, const http::CursorCodec& cursors);

}  // namespace ashlar::links::abuse
