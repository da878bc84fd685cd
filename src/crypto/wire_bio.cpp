#include "crypto/wire_bio.hpp"

#include <algorithm>
#include <cstring>

#include "base/expect.hpp"

namespace crypto {
namespace {

Wire& wire_of(BIO* bio) {
  return *static_cast<Wire*>(BIO_get_data(bio));
}

/// OpenSSL asks for a record's header and then for its body, never for more: so what lies behind a record
/// stays with the caller.
int wire_read(BIO* bio, char* to, std::size_t room, std::size_t* got) {
  auto& wire = wire_of(bio);
  BIO_clear_retry_flags(bio);
  *got = std::min(room, wire.in.size());
  if (*got == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  std::memcpy(to, wire.in.data(), *got);
  wire.in.remove_prefix(*got);
  return 1;
}

int wire_write(BIO* bio, const char* from, std::size_t size, std::size_t* written) {
  auto& wire = wire_of(bio);
  base::expect(wire.out != nullptr);
  BIO_clear_retry_flags(bio);
  wire.out->append({from, size});
  *written = size;
  return 1;
}

long wire_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
  base::expect(method != nullptr);
  BIO_meth_set_read_ex(method, wire_read);
  BIO_meth_set_write_ex(method, wire_write);
  BIO_meth_set_ctrl(method, wire_control);
  return method;
}

}  // namespace

BIO* new_wire_bio(Wire& wire) {
  static BIO_METHOD* const method = make_method();  // for the life of the process
  BIO* bio = BIO_new(method);
  base::expect(bio != nullptr);
  BIO_set_data(bio, &wire);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace crypto
