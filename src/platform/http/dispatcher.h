// Dispatcher: what every request passes that reaches a worker, in this order.
//
//   submit ─> admission ─> pool ─> authenticate ─> quota ─> tenancy ─> scope ─> query ─> body ─>
//   handler ─> answer
//                └─ too many under way (admission.h): the connection answers 503
//
// Whatever goes wrong on the way is what the route's ErrorFace makes of it, or the listener's. A
// request that a quota counted says so in its answer (rate_limit_fields.h), unless that is a
// redirect: clients would delay following it. One line in the log, one span and the metrics of the
// route follow each answer. Owns nothing that it is given; all of it outlives it.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "base/result.h"
#include "platform/http/error_face.h"
#include "platform/http/exchange.h"
#include "platform/http/rate_limit_fields.h"
#include "platform/http/route.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Log;
class Tracer;
}  // namespace ashlar::obs
namespace ashlar::runtime {
class WorkerPool;
}
namespace ashlar::security {
class Authenticator;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::http {

struct Call;
struct Quota;
class Admission;
class CorsPolicy;
class RequestLimiter;
class RequestObserver;

class Dispatcher final : public ExchangeHandler {
 public:
  struct Needs {
    std::array<runtime::WorkerPool*, kLanes> lanes;  // in the order of Lane
    std::array<Admission*, kLanes> admissions;       // null: the pool's queue is the only bound
    storage::Database& db;
    security::Authenticator& authenticator;
    const CorsPolicy& cors;
    const base::Clock& clock;
    obs::Log& log;
    obs::Tracer& tracer;
    RequestObserver& observer;
    RequestLimiter* limiter = nullptr;  // null: there are no quotas
    RateLimitFields rate_limit_fields = RateLimitFields::kDraft10;
    const ErrorFace& errors = problem_face();  // the listener's
  };
  explicit Dispatcher(const Needs& needs);

  [[nodiscard]] bool admits(const Endpoint& endpoint, Importance importance) override;
  bool submit(std::unique_ptr<Exchange>& exchange) override;

 private:
  struct Job;
  class Late;
  class Upgrade;
  void run(const std::shared_ptr<Job>& job);
  void answer_expired(Job& job);
  base::Result<Response> answer(const std::shared_ptr<Job>& job);
  base::Result<Response> answer_late(const std::shared_ptr<Job>& job);
  base::Result<Response> begin_stream(Job& job);
  base::Result<Response> answer_upgrade(const std::shared_ptr<Job>& job);
  void finish(Job& job, base::Result<Response> result);
  base::Status identify(const Exchange& exchange, Call& call);
  base::Status admit(const Exchange& exchange, Call& call);
  [[nodiscard]] const ErrorFace& face_of(const Route& route) const;
  void tell_quota(const Quota& quota, HeaderList& headers) const;
  base::Result<Response> run_transaction(Call& call);
  void report(const Exchange& exchange, const Call& call, int status);

  Needs needs_;
};

}  // namespace ashlar::http
