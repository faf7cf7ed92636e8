// aes128gcm: a message for one browser, as RFC 8291 (Web Push) has it in one record of RFC 8188.
//
//   salt, 16 | record size, 4 | 65 | sender's public key, 65 | AES-128-GCM(plain, 0x02, padding 0)
//
// Key and nonce come from ECDH of a key pair made for this message with the browser's, its
// authentication secret, and the salt. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ashlar::notifications {

class P256Key;

inline constexpr std::size_t kPushSaltBytes = 16;
inline constexpr std::size_t kPushAuthBytes = 16;
// A push service takes 4,096 bytes: less header, delimiter and tag.
inline constexpr std::size_t kMaxPushPlainBytes = 3993;

struct BrowserKeys {
  std::string p256dh;  // public key, 65 bytes
  std::string auth;    // 16 bytes
};

// What encrypts: to be made anew for each message.
struct PushSecrets {
  const P256Key& key;
  std::string_view salt;  // kPushSaltBytes
};

// `pad_to`: the plaintext is padded to so many bytes, where it is shorter, so that its length is
// not seen. nullopt: the browser's keys are none. REQUIRES: plain.size() <= kMaxPushPlainBytes.
std::optional<std::string> encrypt_push(std::string_view plain, const BrowserKeys& browser,
                                        const PushSecrets& secrets, std::size_t pad_to = 0);

}  // namespace ashlar::notifications
