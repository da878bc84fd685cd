#include "ue/file.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "base/text.hpp"

namespace ue {
namespace {

constexpr std::size_t longest_name = 200;
constexpr std::size_t hash_piece = 256 * 1024;
constexpr unsigned names_tried = 1000;

FileError failure(std::string_view what, const std::string& path) {
  return {std::string(what) + " " + base::printable(path, 300) + ": " +
          std::error_code(errno, std::generic_category()).message()};
}

/// As many octets as there are, from `offset` on.
ssize_t read_at(const net::Fd& file, std::uint64_t offset, std::span<char> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const auto got =
        ::pread(file.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return static_cast<ssize_t>(done);
}

base::Result<std::string, FileError> hash_file(const net::Fd& file, std::uint64_t size,
                                               const std::string& path) {
  crypto::Sha256 digest;
  std::vector<char> piece(hash_piece);
  for (std::uint64_t at = 0; at < size;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size - at));
    const auto got = read_at(file, at, std::span(piece).first(wanted));
    if (got < 0) return failure("cannot read", path);
    if (got == 0) return FileError{base::printable(path, 300) + " has become shorter"};
    digest.update({piece.data(), static_cast<std::size_t>(got)});
    at += static_cast<std::uint64_t>(got);
  }
  return digest.finish();
}

}  // namespace

base::Result<std::unique_ptr<FileSource>, FileError> FileSource::open(const std::string& path) {
  net::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) return failure("cannot open", path);
  if (!S_ISREG(status.st_mode)) return FileError{base::printable(path, 300) + " is no regular file"};
  return std::unique_ptr<FileSource>(
      new FileSource(std::move(file), path, static_cast<std::uint64_t>(status.st_size)));
}

std::size_t FileSource::read(std::uint64_t offset, std::span<char> out) {
  const auto got = read_at(file_, offset, out);
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

base::Result<std::string, FileError> FileSource::sha256() const {
  return hash_file(file_, size_, path_);
}

FileSink::FileSink(net::Fd file, std::string folder, std::string name, std::string temporary)
    : file_(std::move(file)),
      folder_(std::move(folder)),
      name_(std::move(name)),
      temporary_(std::move(temporary)) {}

FileSink::~FileSink() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

base::Result<std::unique_ptr<FileSink>, FileError> FileSink::open(const std::string& folder,
                                                                  std::string_view name,
                                                                  base::Random& random) {
  auto safe = safe_file_name(name);
  auto temporary = folder + "/." + safe + "." + base::random_token(random, 8) + ".part";
  net::Fd file(::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return failure("cannot create", temporary);
  return std::unique_ptr<FileSink>(
      new FileSink(std::move(file), folder, std::move(safe), std::move(temporary)));
}

base::Result<base::Ok, FileError> FileSink::write(std::uint64_t offset, std::string_view octets) {
  if (offset == hashed_ && in_order_) {
    digest_.update(octets);
    hashed_ += octets.size();
  } else {
    in_order_ = false;  // a chunk came early or twice: the later octets win (RFC 4975 7.3.1)
  }
  while (!octets.empty()) {
    const auto written = ::pwrite(file_.get(), octets.data(), octets.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure("cannot write", temporary_);
    octets.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return base::Ok{};
}

base::Result<std::string, FileError> FileSink::sha256(std::uint64_t size) {
  if (in_order_ && hashed_ == size) return digest_.finish();
  return hash_file(file_, size, temporary_);
}

base::Result<std::string, FileError> FileSink::keep() {
  for (unsigned i = 1; i <= names_tried; ++i) {
    const auto path = folder_ + "/" + name_ + (i == 1 ? "" : " (" + std::to_string(i) + ")");
    // A link cannot replace what is there, as rename() would.
    if (::link(temporary_.c_str(), path.c_str()) == 0) {
      ::unlink(temporary_.c_str());
      temporary_.clear();
      return path;
    }
    if (errno != EEXIST) return failure("cannot create", path);
  }
  return FileError{"too many files are named " + base::printable(folder_ + "/" + name_, 300)};
}

std::string base_name(std::string_view path) {
  const auto slash = path.find_last_of('/');
  return std::string(slash == path.npos ? path : path.substr(slash + 1));
}

std::string safe_file_name(std::string_view name) {
  if (const auto slash = name.find_last_of("/\\"); slash != name.npos) name.remove_prefix(slash + 1);
  std::string out;
  for (const char c : name) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7f) continue;
    if (out.empty() && (c == '.' || c == ' ')) continue;
    if (out.size() == longest_name) break;
    out.push_back(c);
  }
  return out.empty() ? "received" : out;
}

}  // namespace ue
