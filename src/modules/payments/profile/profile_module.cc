#include "modules/payments/profile/profile_module.h"

#include <utility>

#include "modules/payments/payments_module.h"
#include "modules/payments/profile/webhook_endpoint.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::payments::profile {
namespace {

std::string line_of(const WebhookEndpoint& endpoint) {
  std::string line;
  json::Writer out(line);
  out.begin_object().key("module").string("payments_profile").key("table").string("endpoints");
  out.key("endpoint");
  write_endpoint(out, endpoint, "");
  out.end_object();
  return line;
}

base::Status export_all(storage::Transaction& tx, const security::LineSink& sink) {
  ASHLAR_ASSIGN(const auto endpoints, store::list_endpoints(tx));
  for (const WebhookEndpoint& endpoint : endpoints) ASHLAR_TRY(sink(line_of(endpoint)));
  return base::ok_status();
}

}  // namespace

ProfileModule::ProfileModule(Options options, PaymentsModule& payments, jobs::Jobs& jobs,
                             base::Entropy& entropy, obs::Registry& metrics)
    : allow_private_(options.allow_private),
      payments_(payments),
      entropy_(entropy),
      box_(std::move(options.box_key), entropy),
      deliveries_({.allow_private = options.allow_private, .seed = options.seed}, payments.db, jobs,
                  box_, payments.clock, metrics, payments.log) {
  payments.payments.set_face(FaceKind::kProfile, face_);
}

security::TenantData profile_tenant_data() {
  return {"payments_profile", export_all, store::erase_endpoints};
}

}  // namespace ashlar::payments::profile
