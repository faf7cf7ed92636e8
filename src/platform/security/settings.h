// Settings: secrets and facts of the installation itself, kept in the database so that every
// process on it has the same.
//
// Errors are storage's. Any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/entropy.h"
#include "base/result.h"

namespace ashlar::storage {
class Database;
}

namespace ashlar::security {

class Settings {
 public:
  // Both outlive it.
  Settings(storage::Database& db, base::Entropy& entropy) : db_(db), entropy_(entropy) {}

  base::Result<std::optional<std::string>> get(std::string_view name);
  base::Status put(std::string_view name, std::string_view value);

  // `bytes` random bytes, made at the first call and the same ever after: also for two processes
  // that ask at once. kInternal setting_damaged where what is stored has another length.
  base::Result<std::string> get_or_create_secret(std::string_view name, std::size_t bytes);

 private:
  storage::Database& db_;
  base::Entropy& entropy_;
};

}  // namespace ashlar::security
