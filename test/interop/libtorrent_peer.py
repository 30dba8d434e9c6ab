"""A stock libtorrent client, told what to do by one JSON object and telling what it does in JSON lines.

  libtorrent_peer.py create '{"path": …, "output": …, "format": "v1", "trackers": [URL, …]}'
  libtorrent_peer.py run '{"source": FILE | MAGNET, "directory": …, "listen": "ADDR:PORT", "uploadBytesPerSecond": 0,
                           "local": false, "bootstrap": "ADDR:PORT"}'   (local: with local discovery; bootstrap: with a DHT, else without)
  libtorrent_peer.py node '{"listen": "ADDR:PORT"}'   (a DHT node alone, of a DHT of its own)
"""
import json
import os
import signal
import sys
import time

import libtorrent as lt


def tell(**event):
    print(json.dumps(event), flush=True)


def create(path, output, format, trackers):
    files = lt.file_storage()
    lt.add_files(files, path)
    flags = {'v1': lt.create_torrent.v1_only, 'v2': lt.create_torrent.v2_only, 'hybrid': 0}[format]
    torrent = lt.create_torrent(files, 256 * 1024, flags)
    for tracker in trackers:
        torrent.add_tracker(tracker)
    lt.set_piece_hashes(torrent, os.path.dirname(path))
    with open(output, 'wb') as file:
        file.write(lt.bencode(torrent.generate()))
    tell(torrent=output, magnet=lt.make_magnet_uri(lt.torrent_info(output)))


def add(session, source, directory, uploadBytesPerSecond):
    if source.startswith('magnet:'):
        params = lt.parse_magnet_uri(source)
    else:
        params = lt.add_torrent_params()
        params.ti = lt.torrent_info(source)
    params.save_path = directory
    # The queue would start and stop it as it likes.
    params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    handle = session.add_torrent(params)
    # The session's own limit does not count on local networks.
    handle.set_upload_limit(uploadBytesPerSecond)
    return handle


def split(endpoint):
    host, port = endpoint.rsplit(':', 1)
    return host, int(port)


def open_session(listen, **settings):
    return lt.session({
        'listen_interfaces': listen,
        'enable_lsd': False,
        'enable_upnp': False,
        'enable_natpmp': False,
        # Otherwise it waits before it comes back to a peer that was not ready for it.
        'min_reconnect_time': 2,
        **settings,
    })


def node(listen):
    session = open_session(listen, enable_dht=True, dht_bootstrap_nodes='')
    while not session.is_dht_running():
        time.sleep(0.1)
    tell(ready=True)
    signal.pause()


def run(source, directory, listen, uploadBytesPerSecond, local, bootstrap=None):
    session = open_session(listen, enable_dht=bootstrap is not None, dht_bootstrap_nodes=bootstrap or '', enable_lsd=local)
    tell(whole=False)
    # A torrent that is added before there is anyone to ask is not looked for again for a quarter of an hour; and a node through
    # which it bootstraps it does not keep, so that where that one knows nobody yet it would have nobody either for minutes.
    while bootstrap is not None and session.status().dht_nodes == 0:
        session.add_dht_node(split(bootstrap))
        time.sleep(0.5)
    handle = add(session, source, directory, uploadBytesPerSecond)
    told = None
    while True:
        status = handle.status()
        state = dict(
            whole=status.is_seeding,
            progress=status.progress,
            downloaded=status.total_payload_download,
            uploaded=status.total_payload_upload,
            error=status.errc.message() if status.errc.value() else None,
        )
        if state != told:
            told = state
            tell(**state)
        time.sleep(0.1)


# An orderly end, in which a session says goodbye to its trackers.
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
{'create': create, 'run': run, 'node': node}[sys.argv[1]](**json.loads(sys.argv[2]))
