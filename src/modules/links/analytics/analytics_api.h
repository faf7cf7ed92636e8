// AnalyticsApi: the HTTP face of analytics: parse, read, render. analytics_wire.cc has the table
// that names its handlers. Any thread.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "modules/links/analytics/report.h"
#include "modules/links/analytics/time_buckets.h"
#include "platform/http/response.h"

namespace ashlar::http {
struct Call;
}
namespace ashlar::storage {
class Transaction;
}
namespace ashlar::links {
class LinksModule;
}

namespace ashlar::links::analytics {

struct LinkAnalyticsJson;

class AnalyticsApi {
 public:
  // It outlives it.
  explicit AnalyticsApi(LinksModule& module) : module_(module) {}

  base::Result<http::Response> of_link(http::Call& call) const;
  base::Result<http::Response> of_many(http::Call& call) const;  // ?tag, ?domain, ?owner, or all
  base::Result<http::Response> export_link(http::Call& call) const;
  base::Result<http::Response> export_many(http::Call& call) const;

 private:
  // What is asked for; whose it is, is found out inside the transaction.
  struct Question {
    SubjectKind kind = SubjectKind::kTenant;
    std::string scope = "all";
    std::optional<std::string> name;
    std::string zone;
    Interval interval = Interval::kDay;
    std::optional<TimeBuckets> buckets;
    bool bots = true;
    std::size_t top = 10;
  };
  base::Result<Question> question_of(const http::Call& call, bool of_link) const;
  base::Status cut_range(const http::Call& call, Question& question) const;
  base::Result<ReportQuery> query_of(storage::Transaction& tx, const http::Call& call,
                                     const Question& question) const;
  base::Result<LinkAnalyticsJson> answer(const http::Call& call, const Question& question) const;
  base::Result<http::Response> exported(const http::Call& call, Question question) const;

  LinksModule& module_;
};

}  // namespace ashlar::links::analytics
