#include "platform/security/password.h"

#include <sodium.h>

#include <charconv>
#include <cstdint>
#include <vector>

#include "base/text.h"
#include "platform/security/digest.h"

namespace ashlar::security {
namespace {

constexpr std::size_t kHashBytes = 32;
constexpr std::uint64_t kMostMemory_kib = 64 * 1024;
constexpr std::uint64_t kMostOperations = 8;

base::Error wrong_password_rule(const char* reason, std::string detail) {
  base::Error error =
      base::fail(base::Code::kInvalid, "invalid_request", "the password cannot be used");
  error.fields.push_back({"/password", reason, std::move(detail)});
  return error;
}

std::string phc_base64(const std::string& bytes) {
  std::vector<char> text(
      sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL_NO_PADDING));
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
  return text.data();
}

// What stands before the salt.
std::string phc_head(const PasswordCost& cost) {
  return "$argon2id$v=19$m=" + std::to_string(cost.memory_bytes / 1024) +
         ",t=" + std::to_string(cost.operations) + ",p=1$";
}

// Takes `head` and the decimal number behind it from the front; 0: they are not there.
std::uint64_t take_number(std::string_view& text, std::string_view head) {
  if (!text.starts_with(head)) return 0;
  text.remove_prefix(head.size());
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || text.starts_with('0')) return 0;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return number;
}

// The length of so many bytes in base64 without padding.
constexpr std::size_t base64_chars(std::size_t bytes) { return (bytes * 8 + 5) / 6; }

bool is_base64(std::string_view text) {
  return text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") ==
         std::string_view::npos;
}

}  // namespace

base::Status check_password_rules(std::string_view password) {
  if (!base::is_utf8(password))
    return wrong_password_rule("bad_format", "a password is UTF-8 text");
  const std::size_t length = base::utf8_length(password);
  if (length < kMinPasswordChars) {
    return wrong_password_rule("too_short", "a password has at least 10 characters");
  }
  if (length > kMaxPasswordChars) {
    return wrong_password_rule("too_long", "a password has at most 256 characters");
  }
  return base::ok_status();
}

// libsodium's own crypto_pwhash_str() would draw the salt from the kernel; ours comes from
// `entropy`, so that a test repeats. The text is the same.
base::Result<std::string> hash_password(std::string_view password, const PasswordCost& cost,
                                        base::Entropy& entropy) {
  const std::string salt = random_bytes(entropy, crypto_pwhash_SALTBYTES);
  std::string hash(kHashBytes, '\0');
  const int failed =
      crypto_pwhash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(), password.data(),
                    password.size(), reinterpret_cast<const unsigned char*>(salt.data()),
                    cost.operations, cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13);
  if (failed != 0) {
    return base::fail(base::Code::kInternal, "out_of_memory", "no memory to hash a password with");
  }
  return phc_head(cost) + phc_base64(salt) + "$" + phc_base64(hash);
}

bool is_password_hash(std::string_view text) {
  constexpr std::size_t kSaltChars = base64_chars(crypto_pwhash_SALTBYTES);
  constexpr std::size_t kHashChars = base64_chars(kHashBytes);
  const std::uint64_t memory_kib = take_number(text, "$argon2id$v=19$m=");
  const std::uint64_t operations = take_number(text, ",t=");
  if (memory_kib < crypto_pwhash_MEMLIMIT_MIN / 1024 || memory_kib > kMostMemory_kib) return false;
  if (operations < 1 || operations > kMostOperations) return false;
  constexpr std::string_view kLanes = ",p=1$";
  if (!text.starts_with(kLanes)) return false;
  text.remove_prefix(kLanes.size());
  if (text.size() != kSaltChars + 1 + kHashChars || text[kSaltChars] != '$') return false;
  return is_base64(text.substr(0, kSaltChars)) && is_base64(text.substr(kSaltChars + 1));
}

bool verify_password(const std::string& hash, std::string_view password) {
  if (!is_password_hash(hash)) return false;
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

bool needs_rehash(const std::string& hash, const PasswordCost& cost) {
  return !hash.starts_with(phc_head(cost));
}

}  // namespace ashlar::security
