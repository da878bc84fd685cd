#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/result.hpp"
#include "crypto/digest.hpp"
#include "net/fd.hpp"
#include "proto/msrp/outgoing.hpp"

namespace ue {

/// Why a file cannot be used: names it and says what was wrong.
struct FileError {
  std::string why;
};

/// A file to be sent, read in pieces as the connection takes them.
class FileSource final : public msrp::Source {
 public:
  /// A regular file. Its size is what it is now.
  static base::Result<std::unique_ptr<FileSource>, FileError> open(const std::string& path);

  std::uint64_t size() const override { return size_; }
  std::size_t read(std::uint64_t offset, std::span<char> out) override;
  /// Reads the whole file: for the file-selector's hash (RFC 5547 6).
  base::Result<std::string, FileError> sha256() const;

 private:
  FileSource(net::Fd file, std::string path, std::uint64_t size)
      : file_(std::move(file)), path_(std::move(path)), size_(size) {}

  net::Fd file_;
  std::string path_;
  std::uint64_t size_;
};

/// A file being received: octets go to a hidden file of its own beside their place, which takes its name when
/// all are there; a FileSink that dies before removes it.
class FileSink {
 public:
  /// `folder` exists. `name` is a name of the peer's: made safe first.
  static base::Result<std::unique_ptr<FileSink>, FileError> open(const std::string& folder,
                                                                 std::string_view name, base::Random& random);
  ~FileSink();
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  base::Result<base::Ok, FileError> write(std::uint64_t offset, std::string_view octets);
  /// The digest of the first `size` octets: hashed as they came where they came in order, else read again.
  base::Result<std::string, FileError> sha256(std::uint64_t size);
  /// Gives the file its name, "name (2)" and so on where that is taken: nothing is overwritten. Its path.
  base::Result<std::string, FileError> keep();

 private:
  FileSink(net::Fd file, std::string folder, std::string name, std::string temporary);

  net::Fd file_;
  std::string folder_, name_;
  std::string temporary_;  // empty: kept
  crypto::Sha256 digest_;
  std::uint64_t hashed_ = 0;
  bool in_order_ = true;
};

/// The last part of a name that a peer gave, without what could lead elsewhere or hide: no "/", "\", control
/// characters or leading dots, 200 octets at most (file systems take 255, and " (2)" must fit). Never empty.
std::string safe_file_name(std::string_view name);
/// What stands behind the last "/".
std::string base_name(std::string_view path);

}  // namespace ue
