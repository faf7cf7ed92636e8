#include "modules/notifications/route_row.h"

namespace ashlar::notifications {

std::vector<http::ErrorDoc> with_target_errors(std::vector<http::ErrorDoc> own) {
  std::vector<http::ErrorDoc> all{
      {422, "target_forbidden",
       "The URL's host is this machine, a private or special network, or a name of one."},
      {422, "target_scheme", "The URL is neither http nor https."},
      {422, "target_host", "The URL's host is no name or address that leads anywhere."},
      {422, "target_host_not_ascii", "The URL's host must be given in its ASCII form (xn--…)."},
      {422, "target_port", "The URL's port is not 1 to 65535, or not one for HTTP."},
      {422, "target_credentials", "The URL holds a user name or password."},
      {422, "target_characters", "The URL holds what must be percent-encoded, or cannot be."},
      {422, "target_malformed", "The URL cannot be read as one, or has a fragment."},
      {422, "target_empty", "The URL is empty."},
      {422, "target_too_long", "The URL is longer than 2,048 bytes."}};
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

}  // namespace ashlar::notifications
