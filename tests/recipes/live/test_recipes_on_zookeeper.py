"""The same recipes, and all examples, against a real ZooKeeper. (The stories of the drivers are
told in drivers/test_drivers_on_zookeeper.py.)"""

import recipes.live.test_drivers
import recipes.live.test_kazoo
import recipes.live.test_pages
from drivers import zookeeper

pytestmark = zookeeper.MARKS
ensemble, hosts = zookeeper.ensemble, zookeeper.hosts
live = recipes.live.test_drivers.live
kazoo = recipes.live.test_kazoo.kazoo
globals().update(
    zookeeper.stories(recipes.live.test_drivers, recipes.live.test_kazoo, recipes.live.test_pages)
)
