// ProfileListener: the address at which the card-API profile of payments is served: an HTTP server
// of its own, with its own routes, keys by Bearer and Basic, and every error in the profile's form.
//
//   bind() ──before anything is opened──> make() ──> start() ──> stop(), before the workers end
#pragma once

#include <memory>
#include <optional>

#include "base/result.h"
#include "platform/http/dispatcher.h"
#include "platform/http/listen_socket.h"

namespace ashlar::payments::profile {
class ProfileModule;
}

namespace ashlar::app {

class Installation;
struct Config;

class ProfileListener {
 public:
  // A port that is taken must not wait for a migration. None: it is off.
  static base::Result<std::optional<http::ListenSocket>> bind(const Config& config);

  struct Needs {
    Installation& ashlar;
    const Config& config;
    payments::profile::ProfileModule& profile;
    // Of the main listener: workers, admission, quotas and what observes are shared.
    http::Dispatcher::Needs shared;
  };
  static base::Result<std::unique_ptr<ProfileListener>> make(http::ListenSocket socket,
                                                             const Needs& needs);
  ~ProfileListener();  // stop()
  ProfileListener(const ProfileListener&) = delete;
  ProfileListener& operator=(const ProfileListener&) = delete;

  void start();
  void stop();  // idempotent

 private:
  struct Parts;
  explicit ProfileListener(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ashlar::app
