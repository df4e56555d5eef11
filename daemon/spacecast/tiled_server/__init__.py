"""What runs in the Tiled server besides the adapters of `formats`: the files of a request are entered at once.

A room of its own, since nothing else imports it; the server loads it where its configuration says

    routers:
      - spacecast.tiled_server.router:router
"""
