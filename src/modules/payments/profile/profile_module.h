// ProfileModule: everything of the card-API profile that lives as long as the program, and the
// table of its routes, which is a router of its own: the profile is a listener's, not a path's.
//
// Order: construct, before PaymentsModule::start() → where the profile is served: consumers get
// consumer(), the runner kind() → routes are served → stop_sending() before the runner stops.
//
// The face is there also where the profile is not served: what a process that did serve it left
// unfinished is answered for it.
#pragma once

#include <cstdint>
#include <string>

#include "modules/payments/profile/deliveries.h"
#include "modules/payments/profile/profile_error.h"
#include "modules/payments/profile/profile_face.h"
#include "platform/http/route.h"
#include "platform/security/secret_box.h"
#include "platform/security/tenants.h"

namespace ashlar::payments {
class PaymentsModule;
}

namespace ashlar::payments::profile {

class ProfileModule {
 public:
  struct Options {
    std::string box_key;         // SecretBox::kKeyBytes, the installation's
    bool allow_private = false;  // webhook endpoints on loopback and in private networks
    std::uint64_t seed = 1;      // of jitter
  };

  // All outlive it.
  ProfileModule(Options options, PaymentsModule& payments, jobs::Jobs& jobs, base::Entropy& entropy,
                obs::Registry& metrics);

  events::ConsumerOptions consumer() { return deliveries_.consumer(); }
  jobs::KindOptions kind() { return deliveries_.kind(); }
  void stop_sending() { deliveries_.stop(); }

  // It outlives the table.
  http::RouteTable routes();
  [[nodiscard]] const http::ErrorFace& errors() const { return errors_; }

 private:
  const bool allow_private_;
  PaymentsModule& payments_;
  base::Entropy& entropy_;
  const security::SecretBox box_;
  const ProfileFace face_;
  const ProfileErrorFace errors_;
  Deliveries deliveries_;
};

// A tenant's webhook endpoints of the profile (without their secrets), exported; all, erased.
security::TenantData profile_tenant_data();

}  // namespace ashlar::payments::profile
