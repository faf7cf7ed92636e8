#include "modules/notifications/web/aws_signature.h"

#include <algorithm>

#include "base/encoding.h"
#include "platform/security/digest.h"
#include "platform/security/hmac.h"

namespace ashlar::notifications {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

// "20261122T180000Z"
std::string basic_time(base::Time now) {
  std::string text = base::format_rfc3339(now).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + "Z";
}

std::string hex_digest(std::string_view text) { return base::hex_encode(security::sha256(text)); }

}  // namespace

std::vector<std::pair<std::string, std::string>> aws_headers(const AwsKey& key,
                                                             const AwsRequest& request,
                                                             base::Time now) {
  const std::string time = basic_time(now);
  const std::string date = time.substr(0, 8);
  std::vector<std::pair<std::string, std::string>> signed_ones = request.headers;
  signed_ones.emplace_back("host", request.host);
  signed_ones.emplace_back("x-amz-date", time);
  if (!key.session_token.empty()) {
    signed_ones.emplace_back("x-amz-security-token", key.session_token);
  }
  std::ranges::sort(signed_ones);
  std::string names, lines;
  for (const auto& [name, value] : signed_ones) {
    if (!names.empty()) names += ';';
    names += name;
    lines.append(name).append(":").append(value).append("\n");
  }
  std::string canonical(request.method);
  canonical.append("\n").append(request.path).append("\n").append(request.query).append("\n");
  canonical.append(lines).append("\n").append(names).append("\n");
  canonical.append(hex_digest(request.body));
  const std::string scope = date + "/" + key.region + "/" + key.service + "/aws4_request";
  std::string to_sign(kAlgorithm);
  to_sign.append("\n").append(time).append("\n").append(scope).append("\n");
  to_sign.append(hex_digest(canonical));
  std::string signing = security::hmac_sha256("AWS4" + key.secret_access_key, {date});
  for (const std::string_view part : {std::string_view(key.region), std::string_view(key.service),
                                      std::string_view("aws4_request")}) {
    signing = security::hmac_sha256(signing, {part});
  }
  std::vector<std::pair<std::string, std::string>> headers{{"X-Amz-Date", time}};
  if (!key.session_token.empty()) headers.emplace_back("X-Amz-Security-Token", key.session_token);
  headers.emplace_back("Authorization",
                       std::string(kAlgorithm) + " Credential=" + key.access_key_id + "/" + scope +
                           ", SignedHeaders=" + names + ", Signature=" +
                           base::hex_encode(security::hmac_sha256(signing, {to_sign})));
  return headers;
}

}  // namespace ashlar::notifications
