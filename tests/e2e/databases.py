"""Real databases for tests and benchmarks: PostgreSQL, MariaDB and, where there is one, MySQL.

Each server lives in a folder of its own below the system's temporary folder, listens on a free port of 127.0.0.1 and
nowhere else, speaks TLS with a certificate of a CA made here, and wants a password (SCRAM in PostgreSQL). It dies with
the process that started it. Nothing of the machine's own servers is read or touched.

    certificates = Certificates(folder)
    with PostgresServer(certificates) as server, server.database() as database:
        database.sql("CREATE TABLE t (a int)")
        database.rows("SELECT count(*) FROM t")          # [["0"]]; None is NULL
        database.dsn(sslmode="verify-full", sslrootcert=certificates.ca)

No Python driver is needed: psql and the mariadb client do the talking. Nothing is fsynced, so data outlive a server that
is killed but not a machine that stops.
"""
import contextlib
import glob
import itertools
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

READY_SECONDS_MAX = 120
STARTS_MAX = 5  # another program may take the free port before the server does
# Every test's DSN carries these, so quoting and redaction are in play everywhere.
USER = "loader"
PASSWORD = "s3cr3t p@ss:w/o#r?d%&'x"
TLS_ONLY_USER = "careful"  # refused without TLS
CERTIFICATE_USER = "certified"  # PostgreSQL: let in by its certificate
NULL, FIELD, RECORD = "\x1a", "\x1f", "\x1e"


class MissingServer(RuntimeError):
    """The program is not installed; the text says what to do."""


def find_program(name, *patterns, package):
    """Path of an executable on PATH, in sbin or by glob pattern."""
    candidates = [shutil.which(name), shutil.which(name, path="/usr/sbin:/usr/local/sbin"),
                  *(found for pattern in patterns for found in sorted(glob.glob(pattern), reverse=True))]
    for candidate in filter(None, candidates):
        return candidate
    raise MissingServer(f"{name} is not installed: run 'tools/setup.sh --test', or apt-get install {package}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def unprivileged(*names):
    """(uid, gid) to run a server as when we are root, else None."""
    if os.getuid() != 0:
        return None
    for name in (*names, "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise MissingServer("no unprivileged user to run a database server as")


class Certificates:
    """A CA, a certificate of it for `localhost` (and not for 127.0.0.1), one for a client, and a CA of somebody else.

    RSA: builds of MySQL 8 with an old OpenSSL inside know no other keys."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        find_program("openssl", package="openssl")
        self.ca = self._authority("ca")
        self.other_ca = self._authority("other_ca")
        self.server_certificate, self.server_key = self._signed("server", "localhost", "subjectAltName=DNS:localhost")
        self.client_certificate, self.client_key = self._signed("client", CERTIFICATE_USER, "keyUsage=digitalSignature")

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], cwd=self.folder, check=True, capture_output=True)

    def _authority(self, name):
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 3,
                      "-subj", f"/CN=lakehouse test {name}", "-keyout", f"{name}.key", "-out", f"{name}.crt")
        return self.folder / f"{name}.crt"

    def _signed(self, name, subject, extension):
        (self.folder / f"{name}.ext").write_text(extension + "\n")
        self._openssl("req", "-newkey", "rsa:2048", "-nodes",
                      "-subj", f"/CN={subject}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                      "-days", 3, "-extfile", f"{name}.ext", "-out", f"{name}.crt")
        return self.folder / f"{name}.crt", self.folder / f"{name}.key"


class DatabaseServer:
    """One server process: made, started, killed and started again over the same data. What the kinds share."""

    kind = package = None  # "postgresql"; the Debian package
    users = ()  # accounts to run it as when we are root, best first

    def __init__(self, certificates):
        self.certificates = certificates
        self.user = unprivileged(*self.users)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"lakehouse-{self.kind}-"))
        self.folder.chmod(0o755)
        self.data, self.log_path = self.folder / "data", self.folder / "server.log"
        self.process = self.port = None
        self.names = (f"test_{number}" for number in itertools.count(1))
        self.lock = threading.Lock()
        try:
            self._own(self.folder)
            for source in (certificates.ca, certificates.server_certificate, certificates.server_key):
                self._own(shutil.copy(source, self.folder), 0o600)
            self._make_data()
            self.start()
            self._make_users()
        except BaseException:
            self.stop()
            raise

    def _own(self, path, mode=None):
        if mode is not None:
            os.chmod(path, mode)
        if self.user:
            os.chown(path, *self.user)

    def _as_user(self, command):
        """The command as the server's account; it is told to stop when we die."""
        account = [f"--reuid={self.user[0]}", f"--regid={self.user[1]}", "--clear-groups"] if self.user else []
        return ["setpriv", f"--pdeathsig={self.stop_signal.name[3:]}", *account, *map(str, command)]

    def _run_once(self, command, **options):
        done = subprocess.run(self._as_user(command), cwd=self.folder, capture_output=True, text=True, **options)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}")

    def start(self):
        for _ in range(STARTS_MAX):
            self.port = free_port()
            with open(self.log_path, "ab") as log:
                self.process = subprocess.Popen(self._as_user(self._command()), cwd=self.folder, stdin=subprocess.DEVNULL,
                                                stdout=log, stderr=log)
            if self._wait_until_ready():
                return self
        raise RuntimeError(f"{self.kind} did not start:\n{self.log()[-3000:]}")

    def _wait_until_ready(self):
        deadline = time.monotonic() + READY_SECONDS_MAX
        while self.process.poll() is None:
            if self._answers():
                return True
            if time.monotonic() > deadline:
                self.process.kill()
            time.sleep(0.02)  # between two looks at another process; how long it takes is not assumed
        return False

    def _answers(self):
        """Is somebody there who speaks for *this* server?"""
        return subprocess.run(self._client("SELECT 1"), capture_output=True, env=self._client_environment()).returncode == 0

    def kill(self):
        """kill -9 of all its processes."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in [self.process.pid, *map(int, children)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def database(self):
        """A fresh database; dropped at the end of a with block."""
        with self.lock:
            name = next(self.names)
        self._create_database(name)
        return Database(self, name)

    # --- each kind's own ------------------------------------------------------------------------

    stop_signal = signal.SIGTERM

    def _make_data(self):
        raise NotImplementedError

    def _make_users(self):
        raise NotImplementedError

    def _command(self):
        raise NotImplementedError

    def _client(self, statement=None, database=None, user=None):
        raise NotImplementedError

    def _client_environment(self, password=PASSWORD):
        raise NotImplementedError

    def _parse(self, output):
        raise NotImplementedError

    def _create_database(self, name):
        raise NotImplementedError

    def _drop_database(self, name):
        raise NotImplementedError


class Database:
    """One database of a server, by the eyes of its owner."""

    def __init__(self, server, name):
        self.server, self.name, self.kind = server, name, server.kind

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.drop()

    def drop(self):
        if self.server.process.poll() is None:
            self.server._drop_database(self.name)

    def dsn(self, *, scheme=None, user=USER, password=PASSWORD, host="127.0.0.1", port=None, database=None, **parameters):
        """A URL with everything percent-encoded; parameters as they are named in one (sslmode=...)."""
        quote = lambda text: urllib.parse.quote(text, safe="")
        secret = "" if password is None else ":" + quote(password)
        query = "?" + urllib.parse.urlencode({key: str(value) for key, value in parameters.items()}) if parameters else ""
        return (f"{scheme or self.server.scheme}://{quote(user)}{secret}@{host}:{port or self.server.port}/"
                f"{quote(database or self.name)}{query}")

    def sql(self, statements, *, user=None, password=PASSWORD, timeout=600):
        """Run one or many statements; returns what they printed. Fails loudly."""
        done = subprocess.run(self.server._client(database=self.name, user=user), input=statements, capture_output=True,
                              text=True, env=self.server._client_environment(password), timeout=timeout)
        if done.returncode != 0:
            raise RuntimeError(f"{self.kind}: {done.stderr[-2000:]} (in {statements[:500]})")
        return done.stdout

    def rows(self, query, **options):
        """Rows of one query: lists of texts as the server prints them, None for NULL."""
        return self.server._parse(self.sql(query, **options))

    def session(self):
        return Session(self)


class Session:
    """One connection that stays open, for transactions in turns with something else."""

    def __init__(self, database):
        self.database, self.mark = database, 0
        self.process = subprocess.Popen(database.server._client(database=database.name), stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=1,
                                        env=database.server._client_environment())

    def execute(self, statements):
        """Runs them and waits for their end; returns what they printed."""
        self.mark += 1
        mark, printed = f"end-of-{self.mark}", []
        self.process.stdin.write(f"{statements};\nSELECT '{mark}';\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if mark in line:
                return "".join(printed) + line[:line.index(mark)]
            printed.append(line)
        raise RuntimeError(f"{self.database.kind}: {self.process.stderr.read()[-2000:]} (in {statements[:500]})")

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()
        self.process.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class PostgresServer(DatabaseServer):
    kind, scheme, package, users = "postgresql", "postgresql", "postgresql-15", ("postgres",)
    stop_signal = signal.SIGINT  # "fast": does not wait for clients

    def _program(self, name):
        return find_program(name, f"/usr/lib/postgresql/15/bin/{name}", f"/usr/lib/postgresql/*/bin/{name}", package=self.package)

    def _make_data(self):
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        self._own(secret, 0o600)
        self._run_once([self._program("initdb"), "-D", self.data, "-U", USER, "--pwfile", secret, "--auth=scram-sha-256",
                        "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
        rules = self.data / "pg_hba.conf"
        rules.write_text(f"""local   all all scram-sha-256
hostssl all {CERTIFICATE_USER} 127.0.0.1/32 cert
hostnossl all {TLS_ONLY_USER} 127.0.0.1/32 reject
host    all all 127.0.0.1/32 scram-sha-256
""")

    def _command(self):
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder, "ssl": "on",
                    "ssl_ca_file": self.folder / "ca.crt", "ssl_cert_file": self.folder / "server.crt",
                    "ssl_key_file": self.folder / "server.key", "fsync": "off",
                    "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": 0, "max_wal_size": "4GB",
                    "autovacuum": "off", "log_min_messages": "warning"}
        return [self._program("postgres"), "-D", self.data, *(f"--{key}={value}" for key, value in settings.items())]

    def _client(self, statement=None, database=None, user=None):
        return [find_program("psql", package="postgresql-client"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
                "-P", f"null={NULL}", "-F", FIELD, "-R", RECORD, "-h", "127.0.0.1", "-p", str(self.port), "-U", user or USER,
                "-d", database or "postgres", *(["-c", statement] if statement else [])]

    def _client_environment(self, password=PASSWORD):
        return {**os.environ, "PGPASSWORD": password, "PGSSLMODE": "require", "PGCLIENTENCODING": "UTF8", "PGOPTIONS": ""}

    def _parse(self, output):
        records = output[:-1].split(RECORD) if output else []
        return [[None if value == NULL else value for value in record.split(FIELD)] for record in records]

    def _make_users(self):
        secret = PASSWORD.replace("'", "''")
        Database(self, "postgres").sql(f"""CREATE ROLE {TLS_ONLY_USER} LOGIN PASSWORD '{secret}' IN ROLE pg_read_all_data;
            CREATE ROLE {CERTIFICATE_USER} LOGIN IN ROLE pg_read_all_data;""")

    def _create_database(self, name):
        Database(self, "postgres").sql(f"CREATE DATABASE {name} STRATEGY file_copy")

    def _drop_database(self, name):
        Database(self, "postgres").sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


class MariadbServer(DatabaseServer):
    kind, scheme, package, users = "mariadb", "mysql", "mariadb-server", ("mysql",)
    program = "mariadbd"

    def _make_data(self):
        self._run_once([find_program("mariadb-install-db", package=self.package), "--no-defaults", f"--datadir={self.data}",
                        "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"])

    def _command(self):
        return [find_program(self.program, package=self.package), "--no-defaults", *self._options()]

    def _options(self):
        return [f"--datadir={self.data}", f"--tmpdir={self.folder}", "--bind-address=127.0.0.1", f"--port={self.port}",
                f"--socket={self.folder / 'socket'}", f"--pid-file={self.folder / 'pid'}", f"--ssl-ca={self.folder / 'ca.crt'}",
                f"--ssl-cert={self.folder / 'server.crt'}", f"--ssl-key={self.folder / 'server.key'}", "--skip-name-resolve",
                "--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0", "--innodb-doublewrite=0",
                "--innodb-buffer-pool-size=256M", "--innodb-log-file-size=512M",
                "--character-set-server=utf8mb4", "--skip-log-bin"]

    def _client(self, statement=None, database=None, user=None):
        connect = [f"--socket={self.folder / 'socket'}", "--user=root"] if user is None else [
            "--host=127.0.0.1", f"--port={self.port}", f"--user={user}", "--ssl"]
        return [find_program("mariadb", package="mariadb-client"), "--no-defaults", *connect, "--batch", "--skip-column-names",
                "--unbuffered", "--default-character-set=utf8mb4", "--binary-mode",
                *([f"--execute={statement}"] if statement else []), *([database] if database else [])]

    def _client_environment(self, password=PASSWORD):
        return {**os.environ, "MYSQL_PWD": password}

    def _answers(self):
        # Root is without a password until _make_users.
        return any(subprocess.run(self._client("SELECT 1"), capture_output=True,
                                  env=self._client_environment(password)).returncode == 0 for password in (PASSWORD, ""))

    _UNESCAPED = {"\\n": "\n", "\\t": "\t", "\\0": "\0", "\\\\": "\\"}

    def _parse(self, output):
        """The client prints NULL as the word, and so a text NULL is taken for one."""
        def value(text):
            if text == "NULL":
                return None
            parts = iter(text.split("\\"))
            plain = [next(parts)]
            for part in parts:
                if part == "":  # a doubled backslash
                    plain.append("\\" + next(parts, ""))
                else:
                    plain.append(self._UNESCAPED.get("\\" + part[0], part[0]) + part[1:])
            return "".join(plain)
        return [[value(text) for text in line.split("\t")] for line in output.split("\n")[:-1]]

    def _identified(self):
        return "IDENTIFIED BY '" + PASSWORD.replace("'", "''") + "'"

    def _make_users(self):
        statements = f"""CREATE USER {USER}@'%' {self._identified()}; GRANT ALL ON *.* TO {USER}@'%';
            CREATE USER {TLS_ONLY_USER}@'%' {self._identified()} REQUIRE SSL; GRANT SELECT ON *.* TO {TLS_ONLY_USER}@'%';
            ALTER USER root@localhost {self._identified()};"""
        subprocess.run(self._client(), input=statements, text=True, check=True, env=self._client_environment(""))

    def _create_database(self, name):
        Database(self, "mysql").sql(f"CREATE DATABASE {name}")

    def _drop_database(self, name):
        Database(self, "mysql").sql(f"DROP DATABASE IF EXISTS {name}")


class MysqlServer(MariadbServer):
    """MySQL 8, which Debian does not carry: the path of its mysqld stands in LAKEHOUSE_MYSQLD."""

    kind, package = "mysql", "mysql-server"

    def _mysqld(self):
        path = os.environ["LAKEHOUSE_MYSQLD"]
        if not os.access(path, os.X_OK):
            raise MissingServer(f"LAKEHOUSE_MYSQLD={path} is not a program")
        return path

    def _make_data(self):
        self._run_once([self._mysqld(), "--no-defaults", "--initialize-insecure", f"--datadir={self.data}"])

    def _command(self):
        return [self._mysqld(), "--no-defaults", *self._options(), "--mysqlx=OFF"]
